import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { MODEL_FORMATS, type ModelFormatName } from '../../../../adapters/model-format.ts'
import { WIRES } from '../../../support/scripted-provider.ts'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { ask, chat, KEY_CANARY, open, openGovernedPlane } from './governed-plane.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const ROUNDS = 40 // of every answer below: a thousand answers
const WARM_ROUNDS = 10
const MOST_KEPT_BYTES = 2_000_000 // what the engine itself keeps varies by one; to keep 2 KB of each answer would be more

const bash = (command: string): string => JSON.stringify({ command, description: 'x' })
const called = (id: string, command: string): string => event(callChunk([{ index: 0, id, name: 'bash', args: bash(command) }]))
const END = event(finishChunk('tool_calls')) + event('[DONE]')
const PAD = 'x'.repeat(8_192)
const LONG_PAD = PAD.repeat(4) // of the formats with four answers each: what one of them keeps must show

/** What a provider sends, and whether the connection then breaks. Default: OpenAI chat. */
interface Sent { readonly text: string, readonly breaks?: boolean, readonly leaves?: boolean, readonly status?: number, readonly format?: ModelFormatName }

const PATHS = { 'openai-chat': 'chat/completions', 'openai-responses': 'responses', anthropic: 'messages', gemini: 'models/m1:streamGenerateContent' } as const
const OTHERS = MODEL_FORMATS.filter((format) => format !== 'openai-chat')

/** The same of another format: a call that is allowed, one that is refused, one that breaks off behind another, and text that is left. */
function sentAs (format: ModelFormatName): readonly Sent[] {
  const answer = (...commands: readonly string[]): string => WIRES[format].events({ calls: commands.map((command) => ['bash', { command, description: LONG_PAD }]) }, 1).join('')
  const text = WIRES[format].events({ text: LONG_PAD }, 1).join('')
  return [
    { format, text: answer('ls') }, { format, text: answer('FORBID') }, { format, text: answer('ls', 'pwd').slice(0, -LONG_PAD.length), breaks: true },
    { format, text: text.slice(0, text.lastIndexOf('data: ')), leaves: true },
  ]
}

const ANSWERS: readonly Sent[] = [
  { text: called('a', `ls ${PAD}`) + END },
  { text: called('a', `FORBID ${PAD}`) + END },
  { text: called('a', 'ls') + event(callChunk([{ index: 1, id: 'b', name: 'bash', args: `{"comm${PAD}` }])), breaks: true },
  { text: event(textChunk(PAD)), breaks: true },
  { text: called('a', 'ls') + event(textChunk(PAD)), leaves: true },
  { text: event(callChunk([{ index: 0, id: 'b', name: 'bash', args: `{"comm${PAD}` }])) + event(textChunk('x')), leaves: true },
  { text: event(textChunk(`${PAD} ${KEY_CANARY.slice(0, 9)}`)) + event('[DONE]') },
  { text: event(textChunk(`x ${KEY_CANARY.slice(0, 9)}`)) + event(textChunk(PAD)), leaves: true },
  { text: `data: {"choices": [[[[ ${PAD}\n\n` },
  { text: `data: {"choices":[],"choices":[{"delta":{"tool_calls":"${PAD}"}}]}\n\n` },
  { text: PAD },
  { text: `{"error":{"message":"${PAD}"}}`, status: 400 },
  ...OTHERS.flatMap(sentAs),
]

const upstream = await startFakeUpstream()
const governed = await openGovernedPlane(upstream.baseUrl, { providers: Object.fromEntries(OTHERS.map((format) => [format, { format, baseUrl: upstream.baseUrl, models: { m1: {} } }])) })
t.after(async () => {
  await governed.close()
  upstream.close()
})

async function rounds (count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) await Promise.all(ANSWERS.map(oneOf))
  // The test's own record of it, and what would wait for an agent's word.
  governed.session.released.drain()
  for (const list of [governed.entries, governed.settled, governed.warnings, upstream.seen]) list.length = 0
}

async function oneOf (_answer: unknown, which: number): Promise<void> {
  const body = chat({ which })
  const outcome = governed.nextOutcome()
  const { leaves = false, format = 'openai-chat' } = ANSWERS[which] ?? {}
  const path = `/weir/model/${format === 'openai-chat' ? 'p' : format}/v1/${PATHS[format]}`
  if (leaves) await left(body, path)
  else await ask(governed, body, { path })
  await outcome // each request has one, however it ended
}

async function left (body: string, path: string): Promise<void> {
  const { request, response } = await open(governed, body, { path })
  response.on('error', () => {})
  await once(response, 'data')
  const closed = once(response, 'close').catch(() => null)
  request.destroy()
  await closed
}

function heapBytes (): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

await t.test('a thousand answers that are hostile, break off or are left keep nothing', async (t) => {
  upstream.answer = (response, request) => {
    const { text, breaks = false, leaves = false, status = 200 } = ANSWERS[(JSON.parse(request.body) as { which: number }).which] ?? { text: '' }
    if (status === 200) streamHead(response)
    else response.writeHead(status, { 'content-type': 'application/json' })
    if (breaks) response.write(text, () => response.destroy())
    else if (leaves) response.write(text)
    else response.end(text)
  }
  await rounds(WARM_ROUNDS)
  const before = heapBytes()
  await rounds(ROUNDS)
  const kept = heapBytes() - before
  t.ok(kept < MOST_KEPT_BYTES, `${kept} bytes are kept`)
})

t.end()
