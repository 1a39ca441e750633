import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import t from 'tap'
import type { ModelFormatName } from '../../adapters/model-format.ts'
import { sse } from '../support/wire.ts'
import { openClientStage } from './client-stage.ts'

// What the official clients do beside words, pictures and calls: papers, thoughts and what signs them, results of calls, and failures inside a stream.
const FORMATS = ['openai-chat', 'openai-responses', 'anthropic', 'gemini'] as const
const stage = await openClientStage(t, 'openai-chat', {
  providers: (baseUrl) => Object.fromEntries(FORMATS.map((format) => [format, { format, baseUrl, keyless: true, retries: { attempts: 1 }, models: { 'model-1': {} } }])),
})
const apiKey = stage.tokenFor('author')
const base = (format: ModelFormatName): string => `${stage.url}/weir/model/${format}`
const chat = new OpenAI({ apiKey, baseURL: `${base('openai-chat')}/v1` })
const responses = new OpenAI({ apiKey, baseURL: `${base('openai-responses')}/v1` })
const anthropic = new Anthropic({ apiKey, authToken: null, baseURL: base('anthropic') })
const { models } = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: base('gemini'), apiVersion: 'v1beta' } })

const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64')
const SIGNATURE = 'c2lnbmF0dXJlIG9mIHRoZSB0aG91Z2h0cw=='
const READ = { filePath: '/workspace/README.md' }
const lastSent = (): unknown => JSON.parse(stage.upstream.seen.at(-1)?.body ?? 'null')

function whole (value: unknown): void {
  stage.upstream.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function streamed (...events: readonly string[]): void {
  stage.upstream.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.join(''))
}

const named = (value: { readonly type: string, readonly [name: string]: unknown }): string => sse(value, value.type)
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'model-1', stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }
const COMPLETION = { id: 'c', object: 'chat.completion', created: 1, model: 'model-1' }
const CHUNK = { ...COMPLETION, object: 'chat.completion.chunk' }

await t.test('openai, chat', async (t) => {
  const messages = [
    { role: 'user' as const, content: [{ type: 'file' as const, file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }] },
    { role: 'assistant' as const, content: null, reasoning_content: 'Hm.', tool_calls: [{ id: 'call_1', type: 'function' as const, function: { name: 'read', arguments: JSON.stringify(READ) } }] },
    { role: 'tool' as const, tool_call_id: 'call_1', content: '# Shop\u2028é' },
  ]
  await t.test('a paper and the result of a call reach the provider as they were sent; thoughts come back whole', async (t) => {
    whole({ ...COMPLETION, choices: [{ index: 0, message: { role: 'assistant', content: 'A shop.', reasoning_content: 'Hm.', annotations: [] }, finish_reason: 'stop', logprobs: null }] })
    const { choices } = await chat.chat.completions.create({ model: 'model-1', messages })
    t.same(lastSent(), { model: 'model-1', messages })
    t.same(choices[0]?.message, { role: 'assistant', content: 'A shop.', reasoning_content: 'Hm.', annotations: [] })
  })

  await t.test('thoughts come as a stream, and a failure inside of it is one', async (t) => {
    const thought = sse({ ...CHUNK, choices: [{ index: 0, delta: { role: 'assistant', reasoning_content: 'Hm.' }, finish_reason: null }] })
    streamed(thought, sse({ ...CHUNK, choices: [{ index: 0, delta: { content: 'A shop.' }, finish_reason: 'stop' }] }), sse('[DONE]'))
    const deltas: unknown[] = []
    for await (const { choices } of await chat.chat.completions.create({ model: 'model-1', messages, stream: true })) deltas.push(choices[0]?.delta)
    t.same(deltas, [{ role: 'assistant', reasoning_content: 'Hm.' }, { content: 'A shop.' }])
    streamed(thought, sse({ error: { message: 'overloaded', type: 'server_error', code: 'overloaded' } }))
    await t.rejects(async () => { for await (const chunk of await chat.chat.completions.create({ model: 'model-1', messages, stream: true })) t.ok(chunk.choices) }, { message: /overloaded/ })
  })

  await t.test('what the provider refuses for now the client asks again, and no other refusal', async (t) => {
    const seen: number[] = []
    const counting = new OpenAI({
      apiKey,
      baseURL: `${base('openai-chat')}/v1`,
      fetch: async (...args) => {
        const response = await fetch(...args)
        seen.push(response.status)
        return response
      }
    })
    for (const [status, asked] of [[429, [429, 200]], [503, [503, 200]], [400, [400]], [404, [404]], [422, [422]]] as const) {
      seen.length = 0
      stage.upstream.answer = (response) => {
        whole({ ...COMPLETION, choices: [{ index: 0, message: { role: 'assistant', content: 'now' }, finish_reason: 'stop' }] })
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' }).end('{"error":{"message":"not now"}}')
      }
      const asking = counting.chat.completions.create({ model: 'model-1', messages })
      if (asked.length === 1) await t.rejects(asking, { status, message: /not now/ })
      else t.equal((await asking).choices[0]?.message.content, 'now')
      t.same(seen, asked)
    }
  })
})

await t.test('openai, responses', async (t) => {
  const reasoning = { id: 'rs_1', type: 'reasoning' as const, summary: [{ type: 'summary_text' as const, text: 'Hm.' }], encrypted_content: SIGNATURE }
  const input = [
    { role: 'user' as const, content: [{ type: 'input_file' as const, filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` }] },
    reasoning,
    { type: 'function_call' as const, call_id: 'call_1', name: 'read', arguments: JSON.stringify(READ) },
    { type: 'function_call_output' as const, call_id: 'call_1', output: '# Shop\u2028é' },
  ]
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'A shop.', annotations: [], logprobs: [] }] }
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'model-1', status: 'completed', output: [reasoning, message] }

  await t.test('a paper, thoughts and the result of a call reach the provider as they were sent; thoughts come back whole', async (t) => {
    whole(response)
    const { output } = await responses.responses.create({ model: 'model-1', input })
    t.same(lastSent(), { model: 'model-1', input })
    t.same(output, [reasoning, message])
  })

  await t.test('thoughts come as a stream, and a failure inside of it is one', async (t) => {
    const created = named({ type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress', output: [] } })
    streamed(
      created,
      named({ type: 'response.output_item.added', sequence_number: 1, output_index: 0, item: { ...reasoning, summary: [] } }),
      named({ type: 'response.reasoning_summary_part.added', sequence_number: 2, item_id: 'rs_1', output_index: 0, summary_index: 0, part: { type: 'summary_text', text: '' } }),
      named({ type: 'response.reasoning_summary_text.delta', sequence_number: 3, item_id: 'rs_1', output_index: 0, summary_index: 0, delta: 'Hm.' }),
      named({ type: 'response.output_item.done', sequence_number: 4, output_index: 0, item: reasoning }),
      named({ type: 'response.completed', sequence_number: 5, response: { ...response, output: [reasoning] } })
    )
    t.match((await responses.responses.stream({ model: 'model-1', input }).finalResponse()).output, [reasoning])
    streamed(created, named({ type: 'error', sequence_number: 1, code: 'server_error', message: 'overloaded', param: null }))
    const events: unknown[] = []
    for await (const event of await responses.responses.create({ model: 'model-1', input, stream: true })) events.push(event)
    t.match(events, [{ type: 'response.created' }, { type: 'error', code: 'server_error', message: 'overloaded' }], 'its client hands it on')
  })

  await t.test('tokens are counted', async (t) => {
    whole({ object: 'response.input_tokens', input_tokens: 12 })
    t.equal((await responses.responses.inputTokens.count({ model: 'model-1', input })).input_tokens, 12)
  })
})

await t.test('@anthropic-ai/sdk', async (t) => {
  const thinking = { type: 'thinking' as const, thinking: 'Hm.', signature: SIGNATURE }
  const redacted = { type: 'redacted_thinking' as const, data: SIGNATURE }
  const ask = {
    model: 'model-1',
    max_tokens: 2_000,
    messages: [
      { role: 'user' as const, content: [{ type: 'document' as const, source: { type: 'base64' as const, media_type: 'application/pdf' as const, data: PDF } }] },
      { role: 'assistant' as const, content: [thinking, { type: 'tool_use' as const, id: 'toolu_1', name: 'read', input: READ }] },
      { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: '# Shop\u2028é' }] },
    ],
  }
  await t.test('a paper, thoughts and the result of a call reach the provider as they were sent; thoughts come back whole', async (t) => {
    whole({ ...MESSAGE, content: [thinking, redacted, { type: 'text', text: 'A shop.' }] })
    const { content } = await anthropic.messages.create(ask)
    t.same(lastSent(), ask)
    t.match(content, [thinking, redacted, { type: 'text', text: 'A shop.' }])
  })

  await t.test('thoughts and their signature come as a stream', async (t) => {
    streamed(
      named({ type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } }),
      named({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
      named({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } }),
      named({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: SIGNATURE } }),
      named({ type: 'content_block_stop', index: 0 }),
      named({ type: 'content_block_start', index: 1, content_block: redacted }),
      named({ type: 'content_block_stop', index: 1 }),
      named({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } }),
      named({ type: 'message_stop' })
    )
    t.match((await anthropic.messages.stream(ask).finalMessage()).content, [thinking, redacted])
  })
})

await t.test('@google/genai', async (t) => {
  const thought = { text: 'Hm.', thought: true }
  const call = { functionCall: { id: 'f1', name: 'read', args: READ }, thoughtSignature: SIGNATURE }
  const contents = [
    { role: 'user', parts: [{ inlineData: { mimeType: 'application/pdf', data: PDF } }] },
    { role: 'model', parts: [call] },
    { role: 'user', parts: [{ functionResponse: { id: 'f1', name: 'read', response: { output: '# Shop\u2028é' } } }] },
  ]
  const candidate = (...parts: readonly object[]): object => ({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }] })

  await t.test('a paper, a signed call and its result reach the provider as they were sent; thoughts and a signed call come back whole', async (t) => {
    whole(candidate(thought, call))
    const { candidates } = await models.generateContent({ model: 'model-1', contents })
    t.same(lastSent(), { contents })
    t.same(candidates?.[0]?.content?.parts, [thought, call])
  })

  await t.test('they come as a stream, and a failure inside of it is one', async (t) => {
    streamed(sse({ candidates: [{ content: { role: 'model', parts: [thought] }, index: 0 }] }), sse(candidate(call)))
    const parts: unknown[] = []
    for await (const { candidates } of await models.generateContentStream({ model: 'model-1', contents })) parts.push(...candidates?.[0]?.content?.parts ?? [])
    t.same(parts, [thought, call])
    streamed(sse({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }))
    await t.rejects(async () => { for await (const chunk of await models.generateContentStream({ model: 'model-1', contents })) t.ok(chunk.candidates) }, { message: /overloaded/ })
  })
})

t.end()
