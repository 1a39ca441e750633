import t from 'tap'
import { anthropic } from '../../adapters/anthropic/format.ts'
import { gemini } from '../../adapters/gemini/format.ts'
import type { ModelFormat, ModelFormatName, StreamFacts } from '../../adapters/model-format.ts'
import { openaiChat } from '../../adapters/openai-chat/format.ts'
import { openaiResponses } from '../../adapters/openai-responses/format.ts'
import { WIRES } from '../support/scripted-provider.ts'
import type { Step } from '../support/wire.ts'
import { payloadsOf } from './run-stream.ts'

// How each format says why an answer ends, the reasons that OpenCode 1.18.33 takes for an end, some that had it ask a model ten times a second,
// and the reason that it is told in their place.
interface Ends { readonly format: ModelFormat, readonly usual: string, readonly end: (reason: string) => string, readonly known: readonly string[], readonly unknown: readonly string[], readonly told: string }
const ENDS: Readonly<Record<ModelFormatName, Ends>> = {
  'openai-chat': {
    format: openaiChat,
    usual: '"finish_reason":"stop"',
    end: (reason) => `"finish_reason":"${reason}"`,
    told: '"finish_reason":"stop"',
    known: ['stop', 'length', 'content_filter'],
    unknown: ['error', 'abort', 'model_length', 'STOP', '', '__proto__'],
  },
  anthropic: {
    format: anthropic,
    usual: '"stop_reason":"end_turn"',
    end: (reason) => `"stop_reason":"${reason}"`,
    told: '"stop_reason":"end_turn"',
    known: ['end_turn', 'max_tokens', 'stop_sequence', 'pause_turn', 'refusal', 'model_context_window_exceeded'],
    unknown: ['compaction', 'stop', '', 'constructor'],
  },
  gemini: {
    format: gemini,
    usual: '"finishReason":"STOP"',
    end: (reason) => `"finishReason":"${reason}"`,
    told: '"finishReason":"STOP"',
    known: ['STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'MALFORMED_FUNCTION_CALL'],
    unknown: ['FINISH_REASON_UNSPECIFIED', 'OTHER', 'LANGUAGE', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MISSING_THOUGHT_SIGNATURE', ''],
  },
  'openai-responses': {
    format: openaiResponses,
    usual: '"status":"completed","output"',
    end: (reason) => `"status":"incomplete","incomplete_details":{"reason":"${reason}"},"output"`,
    told: '"incomplete_details":null',
    known: ['max_output_tokens', 'content_filter'],
    unknown: ['max_tool_calls', 'error', ''],
  },
}
const WORDS: Step = { text: 'hello' }
const CALLS: Step = { calls: [['read', { filePath: 'a' }]] }

async function answered (name: ModelFormatName, { step, reason, style }: { readonly step: Step, readonly reason: string, readonly style: 'invalid-tool' | 'text' }): Promise<{ sent: string, out: string, facts: StreamFacts }> {
  const { format, end } = ENDS[name]
  const sent = WIRES[name].events(step, 1).join('').replace(usualOf(name, step), end(reason))
  let out = ''
  const stream = format.openStream({ refusalStyle: style, hidesUsage: false, rule: async () => ({ allowed: true }), write: (bytes) => { out += bytes.toString() } })
  await stream.push(Buffer.from(sent))
  await stream.end()
  return { sent, out, facts: stream.facts() }
}

function usualOf (name: ModelFormatName, step: Step): string {
  if ('text' in step) return ENDS[name].usual
  return { 'openai-chat': '"finish_reason":"tool_calls"', anthropic: '"stop_reason":"tool_use"', gemini: ENDS.gemini.usual, 'openai-responses': ENDS['openai-responses'].usual }[name]
}

for (const [name, { end, told, known, unknown }] of Object.entries(ENDS) as ReadonlyArray<[ModelFormatName, Ends]>) {
  await t.test(`${name}: an end for a reason that OpenCode does not know is a plain end to it, and counted`, async (t) => {
    for (const reason of unknown) {
      const { sent, out, facts } = await answered(name, { step: WORDS, reason, style: 'invalid-tool' })
      t.match(sent, end(reason))
      t.notMatch(out, end(reason), reason)
      t.match(out, told, reason)
      t.match(facts, { unknownEnd: true, empty: false, promised: false }, reason)
      t.match(JSON.stringify(payloadsOf(out)), 'hello')
    }
  })

  await t.test(`${name}: the reasons that it knows pass, and for other clients every one does`, async (t) => {
    for (const style of ['invalid-tool', 'text'] as const) {
      for (const reason of style === 'text' ? [...known, ...unknown] : known) {
        const { sent, out, facts } = await answered(name, { step: WORDS, reason, style })
        t.equal(out, sent, `${style} ${reason}`)
        t.match(facts, { unknownEnd: false })
      }
    }
  })

  await t.test(`${name}: behind a call that was released nothing is made of the reason: the agent goes on with the call's result`, async (t) => {
    for (const reason of unknown) {
      const { sent, out, facts } = await answered(name, { step: CALLS, reason, style: 'invalid-tool' })
      t.match(facts, { released: 1, unknownEnd: false }, reason)
      t.equal(out, name === 'openai-chat' ? sent.replace(end(reason), '"finish_reason":"tool_calls"') : sent, reason)
    }
  })
}

await t.test('where such an answer has no words OpenCode is told so', async (t) => {
  for (const name of ['openai-chat', 'anthropic', 'gemini'] as const) {
    const events = WIRES[name].events({ text: '' }, 1).filter((event) => !event.includes('content_block'))
    const sent = events.join('').replace(ENDS[name].usual, ENDS[name].end(ENDS[name].unknown[0] ?? ''))
    let out = ''
    const stream = ENDS[name].format.openStream({ refusalStyle: 'invalid-tool', hidesUsage: false, rule: async () => ({ allowed: true }), write: (bytes) => { out += bytes.toString() } })
    await stream.push(Buffer.from(sent))
    await stream.end()
    t.match(out, /The model gave an empty answer/, name)
    t.match(stream.facts(), { empty: true, unknownEnd: true }, name)
  }
})

t.end()
