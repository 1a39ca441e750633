import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, jsonSchema, streamText, tool, type LanguageModel, type ToolSet } from 'ai'
import t from 'tap'
import type { ModelFormatName } from '../../adapters/model-format.ts'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { foldUsage } from '../../gateway/ledger/usage.ts'
import { WIRES } from '../support/scripted-provider.ts'
import { sse, type Step } from '../support/wire.ts'
import { CALLS, openClientStage, PIXEL } from './client-stage.ts'

const FORMATS = ['openai-chat', 'openai-responses', 'anthropic', 'gemini'] as const
const upstreams = (baseUrl: string) => Object.fromEntries(FORMATS.map((format) => [format, { format, baseUrl, keyless: true, retries: { attempts: 1 }, models: { 'model-1': {} } }]))
const stage = await openClientStage(t, 'openai-chat', { providers: upstreams })
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false }) // it does not know the models of this test
const sent = { requests: 0 }
const counting: typeof fetch = async (...args) => {
  sent.requests += 1
  return await fetch(...args)
}

interface Client { readonly format: ModelFormatName, model (role: string): LanguageModel, readonly error: object, readonly beginning: readonly string[] }

const settings = (role: string, format: ModelFormatName, version = 'v1') => ({ apiKey: stage.tokenFor(role), baseURL: `${stage.url}/weir/model/${format}/${version}`, fetch: counting })
const OPENAI_ERROR = { error: { message: 'too long', type: 'invalid_request_error' } }
const CHAT_BEGINNING = [sse({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'model-1', choices: [{ index: 0, delta: { role: 'assistant', content: 'a' }, finish_reason: null }] })]

const CLIENTS: Readonly<Record<string, Client>> = {
  '@ai-sdk/openai, chat': { format: 'openai-chat', model: (role) => createOpenAI(settings(role, 'openai-chat')).chat('model-1'), error: OPENAI_ERROR, beginning: CHAT_BEGINNING },
  '@ai-sdk/openai, responses': { format: 'openai-responses', model: (role) => createOpenAI(settings(role, 'openai-responses')).responses('model-1'), error: OPENAI_ERROR, beginning: WIRES['openai-responses'].events({ text: 'a' }, 1).slice(0, 4) },
  '@ai-sdk/openai-compatible': { format: 'openai-chat', model: (role) => createOpenAICompatible({ name: 'weir', includeUsage: true, ...settings(role, 'openai-chat') })('model-1'), error: OPENAI_ERROR, beginning: CHAT_BEGINNING },
  '@ai-sdk/anthropic': { format: 'anthropic', model: (role) => createAnthropic(settings(role, 'anthropic'))('model-1'), error: { type: 'error', error: { type: 'invalid_request_error', message: 'too long' } }, beginning: WIRES.anthropic.events({ text: 'a' }, 1).slice(0, 4) },
  '@ai-sdk/google': { format: 'gemini', model: (role) => createGoogleGenerativeAI(settings(role, 'gemini', 'v1beta'))('model-1'), error: { error: { code: 400, message: 'too long', status: 'INVALID_ARGUMENT' } }, beginning: WIRES.gemini.events({ text: 'a' }, 1).slice(0, 1) },
}

const tools = Object.fromEntries(['read', 'write'].map((name) => [name, tool({ description: name, inputSchema: jsonSchema<object>({ type: 'object', properties: { filePath: { type: 'string' }, content: { type: 'string' } } }) })])) as ToolSet

/** The next answers, whole or streamed as each request asks. */
function say (format: ModelFormatName, step: Step): void {
  const wire = WIRES[format]
  stage.upstream.answer = (response, { url, body }) => {
    const streams = wire.streams(url, JSON.parse(body))
    response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json' })
    response.end(streams ? wire.events(step, stage.upstream.seen.length).join('') : JSON.stringify(wire.whole(step, stage.upstream.seen.length)))
  }
}

for (const [name, { format, model, error, beginning }] of Object.entries(CLIENTS)) {
  await t.test(name, async (t) => {
    await t.test('words come whole and as a stream, counted, and the caller\'s token stays here', async (t) => {
      say(format, { text: 'Grüße' })
      const whole = await generateText({ model: model('author'), prompt: 'hello' })
      t.match(whole, { text: 'Grüße', usage: { inputTokens: 100, outputTokens: 10 } })
      const stream = streamText({ model: model('author'), prompt: 'hello' })
      t.equal(await stream.text, 'Grüße')
      t.match(await stream.usage, { inputTokens: 100, outputTokens: 10 })
      t.notMatch(JSON.stringify(stage.upstream.seen.map(({ headers }) => headers)), /authorization|x-api-key|x-goog-api-key/)
    })

    await t.test('a picture reaches the provider as it was sent', async (t) => {
      await generateText({ model: model('author'), messages: [{ role: 'user', content: [{ type: 'image', image: PIXEL, mediaType: 'image/png' }] }] })
      t.match(stage.upstream.seen.at(-1)?.body, PIXEL)
    })

    await t.test('parallel calls: what policy allows comes, in place of the other stands its reason', async (t) => {
      say(format, { calls: [CALLS.read, CALLS.denied] })
      const whole = await generateText({ model: model('author'), prompt: 'hello', tools })
      const stream = streamText({ model: model('author'), prompt: 'hello', tools })
      for (const { calls, text } of [{ calls: whole.toolCalls, text: whole.text }, { calls: await stream.toolCalls, text: await stream.text }]) {
        t.match(calls, [{ toolName: 'read', input: CALLS.read[1] }])
        t.equal(calls.length, 1)
        t.match(text, /write was not passed on/)
        t.notMatch(JSON.stringify([calls, text]), 'SECRET')
      }
    })

    await t.test('a provider\'s error keeps its status and words and is not tried again', async (t) => {
      stage.fail(400, error)
      sent.requests = 0
      await t.rejects(generateText({ model: model('author'), prompt: 'hello' }), { statusCode: 400, isRetryable: false, message: /too long/ })
      t.equal(sent.requests, 1)
    })

    await t.test('what may pass the next time is tried again, as soon as the provider says', async (t) => {
      stage.upstream.answer = (response) => {
        say(format, { text: 'now' })
        response.writeHead(503, { 'content-type': 'application/json', 'retry-after-ms': '1' }).end(JSON.stringify(error))
      }
      sent.requests = 0
      t.equal((await generateText({ model: model('author'), prompt: 'hello' })).text, 'now')
      t.equal(sent.requests, 2)
    })

    await t.test('what the gateway refuses is asked once', async (t) => {
      const before = stage.upstream.seen.length
      sent.requests = 0
      await t.rejects(generateText({ model: model('nobody'), prompt: 'hello' }), { statusCode: 403, isRetryable: false, message: /./ })
      const errors: unknown[] = []
      await streamText({ model: model('nobody'), prompt: 'hello', onError: ({ error }) => { errors.push(error) } }).consumeStream()
      t.ok(APICallError.isInstance(errors[0]) && errors[0].statusCode === 403)
      t.equal(sent.requests, 2)
      t.equal(stage.upstream.seen.length, before)
    })

    await t.test('a client that leaves closes the provider\'s connection', async () => {
      const closed = stage.hang(...beginning)
      const leaving = new AbortController()
      const { textStream } = streamText({ model: model('author'), prompt: 'hello', abortSignal: leaving.signal, onError: () => { leaving.abort() } })
      for await (const text of textStream) if (text !== '') leaving.abort()
      await closed
    })
  })
}

await t.test('what a client left is charged by an estimate that is marked, in each format', async (t) => {
  await stage.close()
  const rows = await foldUsage(readEntries(journalDirOf(stage.dataDir)), ['provider'])
  t.same(Object.fromEntries(rows.map(({ group, estimatedRequests }) => [group.provider, estimatedRequests])), { 'openai-chat': 2, 'openai-responses': 1, anthropic: 1, gemini: 1 })
  for (const { priceSources } of rows) t.same(priceSources, ['keyless provider'])
})

t.end()
