import t from 'tap'
import { anthropic } from '../../adapters/anthropic/format.ts'
import { gemini } from '../../adapters/gemini/format.ts'
import { openaiChat } from '../../adapters/openai-chat/format.ts'
import { openaiResponses } from '../../adapters/openai-responses/format.ts'
import type { AnsweredCall, Ruling } from '../../adapters/model-format.ts'
import { WIRES } from '../support/scripted-provider.ts'
import { runStream } from './run-stream.ts'

const FORMATS = [openaiChat, openaiResponses, anthropic, gemini]
const CALLS = { calls: [['read', { filePath: 'a' }], ['bash', { command: 'ORIGINAL', description: 'x' }], ['read', { filePath: 'b' }]] } as const
const CHANGED = { command: 'CHANGED "quoted" \u2028' }

const change = (call: AnsweredCall): Ruling => call.native === 'bash' ? { allowed: true, argumentsText: JSON.stringify(CHANGED) } : { allowed: true }

for (const format of FORMATS) {
  await t.test(`${format.name}: a changed call leaves with the new arguments, its own name and id, in its place`, async (t) => {
    const wire = WIRES[format.name]
    const bytes = Buffer.from(wire.events(CALLS, 1).join(''))
    const untouched = await runStream(format, [bytes])
    const { out, calls } = await runStream(format, [bytes], { rule: change })
    t.notMatch(out, 'ORIGINAL')
    const again = await runStream(format, [Buffer.from(out)])
    t.same(again.calls.map(({ native, argumentsText }) => [native, JSON.parse(argumentsText)]), [['read', { filePath: 'a' }], ['bash', CHANGED], ['read', { filePath: 'b' }]])
    // Gemini's calls have no ids of their own; the gateway's are random.
    if (format !== gemini) t.same(again.calls.map(({ id }) => id), untouched.calls.map(({ id }) => id))
    t.equal(calls.length, 3)
  })

  await t.test(`${format.name}: so does one of a whole answer, and nothing else of it changes`, async (t) => {
    const whole = WIRES[format.name].whole(CALLS, 1)
    const { body, released, refused } = await format.governAnswer(Buffer.from(JSON.stringify(whole)), async (call) => change(call), 'invalid-tool')
    t.same([released, refused], [3, 0])
    t.notMatch(body.toString(), 'ORIGINAL')
    const expected = JSON.stringify(whole).replace(/\{\\?"command\\?":\\?"ORIGINAL\\?",\\?"description\\?":\\?"x\\?"\}/, '"HERE"')
    const got = JSON.stringify(JSON.parse(body.toString())).replace(JSON.stringify(CHANGED), '"HERE"').replace(JSON.stringify(JSON.stringify(CHANGED)).slice(1, -1), '"HERE"')
    t.equal(got, expected)
  })
}

await t.test('a call that came whole in one event is changed too', async (t) => {
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'bash', arguments: '{"command":"ORIGINAL"}' } }
  const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }] })}\n\n`
  const { out } = await runStream(openaiChat, [Buffer.from(`${event}data: [DONE]\n\n`)], { rule: change })
  t.notMatch(out, 'ORIGINAL')
  t.match(out, 'CHANGED')
})

await t.test('a call whose kind cannot carry other arguments says so', async (t) => {
  const custom = { id: 'r', object: 'response', status: 'completed', output: [{ type: 'custom_tool_call', id: 'i', call_id: 'c', name: 'apply_patch', input: 'x' }] }
  const seen: Array<boolean | undefined> = []
  const note = async (call: AnsweredCall): Promise<Ruling> => {
    seen.push(call.fixed)
    return { allowed: true }
  }
  await openaiResponses.governAnswer(Buffer.from(JSON.stringify(custom)), note, 'invalid-tool')
  await anthropic.governAnswer(Buffer.from(JSON.stringify({ type: 'message', role: 'assistant', content: [{ type: 'new_tool_use', id: 'c', name: 'bash', input: {} }], stop_reason: 'tool_use' })), note, 'invalid-tool')
  t.same(seen, [true, true])
})
