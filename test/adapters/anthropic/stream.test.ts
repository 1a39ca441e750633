import fc from 'fast-check'
import t from 'tap'
import { anthropic } from '../../../adapters/anthropic/format.ts'
import { usageFromAnthropic } from '../../../adapters/anthropic/usage.ts'
import { allow, cutAt, denyBash, payloadsOf, runStream } from '../run-stream.ts'

const event = (value: Readonly<Record<string, unknown>>, end = '\n\n'): string => `event: ${String(value['type'])}\ndata: ${JSON.stringify(value)}${end}`
const start = event({ type: 'message_start', message: { id: 'msg', type: 'message', role: 'assistant', content: [], model: 'm', stop_reason: null, usage: { input_tokens: 9, cache_read_input_tokens: 4, cache_creation_input_tokens: 2, output_tokens: 1 } } })
const text = (index: number, words: string): string => [
  event({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: words } }, '\r\n\r\n'),
  event({ type: 'content_block_stop', index }),
].join('')
const call = (index: number, id: string, name: string, ...parts: string[]): string => [
  event({ type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } }),
  ...parts.map((partial) => event({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: partial } })),
  event({ type: 'content_block_stop', index }),
].join('')
const finish = (stop: string): string => event({ type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 12 } }) + event({ type: 'message_stop' })

const RECORDED = `${start}event: ping\ndata: {"type": "ping"}\n\n${text(0, 'Grüße 😀')}${call(1, 'a', 'bash', '', '{"command":"SECRET', ' rm"}')}${call(2, 'b', 'read', '{"filePath":"ok"}')}${finish('tool_use')}`
const bytes = Buffer.from(RECORDED)
const secret = /SECRET|rm/
const run = (...parts: string[]) => runStream(anthropic, [Buffer.from(parts.join(''))], { rule: denyBash })

await t.test('a cut at any byte changes neither the decisions nor what is released', async (t) => {
  for (const rule of [denyBash, allow]) {
    const whole = await runStream(anthropic, [bytes], { rule, secret })
    t.same(whole.calls.map(({ id, native, argumentsText }) => [id, native, argumentsText]), [['a', 'bash', '{"command":"SECRET rm"}'], ['b', 'read', '{"filePath":"ok"}']])
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const seen = await runStream(anthropic, cutAt(bytes, cut), { rule, secret })
      if (seen.out !== whole.out || JSON.stringify(seen.calls) !== JSON.stringify(whole.calls)) t.fail(`cut at ${cut}`)
    }
    t.same(await runStream(anthropic, [...bytes].map((byte) => Buffer.from([byte])), { rule, secret }), whole, 'one byte at a time')
  }
})

await t.test('an allowed stream keeps its bytes, apart from line ends', async (t) => {
  const { out } = await runStream(anthropic, [bytes], { rule: allow })
  t.equal(out, RECORDED.replaceAll('\r', ''))
})

await t.test('a refused call becomes the tool invalid with the reason, and nothing of its arguments leaves', async (t) => {
  const { out } = await runStream(anthropic, [bytes], { rule: denyBash, secret })
  t.notMatch(out, secret)
  const events = payloadsOf(out)
  t.match(events.find(({ type, index }) => type === 'content_block_start' && index === 1), { content_block: { type: 'tool_use', id: 'a', name: 'invalid' } })
  t.same(JSON.parse(events.find(({ index, delta }) => index === 1 && delta !== undefined).delta.partial_json), { tool: 'bash', error: 'no' })
  t.equal(events.find(({ type }) => type === 'message_delta').delta.stop_reason, 'tool_use')
})

await t.test('for other clients it becomes text, and the stop reason promises no call', async (t) => {
  const { out } = await runStream(anthropic, [Buffer.from(`${start}${call(0, 'a', 'bash', '{}')}${finish('tool_use')}`)], { rule: denyBash, style: 'text' })
  const events = payloadsOf(out)
  t.match(events.find(({ delta }) => delta?.type === 'text_delta').delta.text, /bash was not passed on/)
  t.equal(events.find(({ type }) => type === 'message_delta').delta.stop_reason, 'end_turn')
})

await t.test('a stop for a call that never came ends the turn with words', async (t) => {
  const { out } = await run(start, finish('tool_use'))
  t.match(out, /"end_turn"/)
  t.match(out, /empty answer/)
})

await t.test('a stream that breaks after a released call is ended, before one it breaks', async (t) => {
  const ended = await runStream(anthropic, [Buffer.from(start + call(0, 'b', 'read', '{}') + text(1, 'and').slice(0, -60))], { breaks: true })
  t.match(ended.out, /message_stop/)
  t.equal(payloadsOf(ended.out).filter(({ type }) => type === 'content_block_stop').length, 2)
  const broken = await runStream(anthropic, [Buffer.from(start + text(0, 'x'))], { breaks: true })
  t.notMatch(broken.out, /message_stop/)
  const failed = await run(start, call(0, 'b', 'read', '{}'), event({ type: 'error', error: { type: 'overloaded_error', message: 'x' } }))
  t.notMatch(failed.out, /overloaded/, 'an error after a released call would have it run again')
  t.match((await run(start, event({ type: 'error', error: { type: 'overloaded_error', message: 'x' } }))).out, /overloaded/)
})

await t.test('what could hide a call ends the stream', async (t) => {
  const bash = { type: 'tool_use', id: 'a', name: 'bash', input: { command: 'rm' } }
  for (const hostile of [
    [event({ type: 'message_start', message: { type: 'message', content: [bash] } })],
    [start, event({ type: 'content_block_start', index: 0, Content_Block: bash })],
    [start, event({ type: 'content_block_start', index: 0, content_block: { ...bash, id: undefined } })],
    [start, event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } })],
    [start, call(0, 'a', 'read', '{}').replaceAll('content_block_stop', 'ping'), finish('tool_use')],
    [start, event({ type: 'content_block_start', index: 0, content_block: bash }), event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })],
    [start, event({ type: 'content_block_start', index: -1, content_block: bash })],
    [start, 'data: [1]\n\n'],
    [start, 'data: nonsense\n\n'],
  ]) await t.rejects(run(...hostile), { code: 'WEIR_ERR_UPSTREAM' }, hostile.at(-1) ?? '')
})

await t.test('an event of an unknown type does not pass', async (t) => {
  t.notMatch((await run(start, event({ type: 'surprise', content_block: { type: 'tool_use', id: 'a', name: 'bash', input: {} } }), finish('end_turn'))).out, /surprise|bash/)
})

await t.test('a block of an unknown type is decided as a call', async (t) => {
  const { calls, out } = await run(start, event({ type: 'content_block_start', index: 0, content_block: { type: 'computer_call', id: 'x', name: 'bash', input: { command: 'rm' } } }), event({ type: 'content_block_stop', index: 0 }), finish('tool_use'))
  t.match(calls, [{ native: 'bash', argumentsText: '{"command":"rm"}' }])
  t.notMatch(out, /"rm"/)
})

await t.test('of a payload with a doubled member the client reads what was decided', async (t) => {
  const { calls, out } = await run(start, 'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"bash","name":"read","input":{}}}\n\n', event({ type: 'content_block_stop', index: 0 }), finish('tool_use'))
  t.match(calls, [{ native: 'read' }])
  t.notMatch(out, /bash/)
})

await t.test('whatever a provider sends, no call leaves that was not allowed', async () => {
  const part = fc.oneof(
    fc.constantFrom(start, finish('tool_use'), finish('end_turn'), text(0, 'hi'), text(3, 'hi'), call(0, 'a', 'bash', '{"command":"SECRET"}'), call(1, 'b', 'read', '{"p":1}'), 'data: {"type":"ping"}\n\n', ': x\n\n', 'data: [DONE]\n\n'),
    fc.string(),
    fc.record({ type: fc.constantFrom('content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta'), index: fc.integer({ min: 0, max: 3 }), content_block: fc.jsonValue(), delta: fc.jsonValue() }).map((value) => event(value))
  )
  await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
    const { out } = await runStream(anthropic, [Buffer.from(parts.join(''))], { rule: denyBash, secret: /SECRET/ }).catch((thrown: { code?: string }) => {
      if (thrown.code !== 'WEIR_ERR_UPSTREAM') throw thrown // among others: arguments left before the decision
      return { out: '' }
    })
    return !out.includes('SECRET') && !payloadsOf(out).some(({ content_block: block }) => block?.name === 'bash' && block?.type === 'tool_use')
  }), { numRuns: 500 })
})

await t.test('a whole message is decided call by call, and keeps its bytes when nothing changed', async (t) => {
  const message = { id: 'm', type: 'message', content: [{ type: 'text', text: 'hi' }, { type: 'tool_use', id: 'a', name: 'bash', input: { command: 'rm' } }, { type: 'tool_use', id: 'b', name: 'read', input: { filePath: 'ok' } }], stop_reason: 'tool_use', usage: { input_tokens: 1, output_tokens: 2 } }
  const body = Buffer.from(` ${JSON.stringify(message)} `)
  t.equal((await anthropic.governAnswer(body, async () => ({ allowed: true }), 'text')).body, body)
  const governed = await anthropic.governAnswer(body, async (one) => denyBash(one), 'invalid-tool')
  t.match(JSON.parse(governed.body.toString()).content, [{ text: 'hi' }, { id: 'a', name: 'invalid', input: { tool: 'bash' } }, { id: 'b', name: 'read' }])
  t.match(governed, { released: 1, refused: 1, chars: 2 })
  const none = await anthropic.governAnswer(body, async () => ({ allowed: false, feedback: 'no' }), 'text')
  t.equal(JSON.parse(none.body.toString()).stop_reason, 'end_turn')
  for (const bad of ['[]', '{"content":[{"type":"tool_use"}]}', '{"Content":[]}', '{"content":{}}', 'x']) await t.rejects(anthropic.governAnswer(Buffer.from(bad), async () => ({ allowed: true }), 'text'), { code: 'WEIR_ERR_UPSTREAM' }, bad)
})

await t.test('a request is read at its top level, its version and beta flags go on, nothing else does', async (t) => {
  const body = Buffer.from(JSON.stringify({ model: 'claude', stream: true, tools: [{ name: 'invalid' }], messages: [] }))
  t.match(anthropic.read('messages', body), { model: 'claude', stream: true, generates: true, path: 'messages', body, hidesUsage: false })
  t.match(anthropic.read('messages/count_tokens', body), { stream: false, generates: false, countsTokens: true, path: 'messages/count_tokens' })
  t.same(anthropic.headers({ 'anthropic-version': '2024-01-01', 'anthropic-beta': 'a-1,b-2', 'x-session-id': 's', cookie: 'c' }), ['anthropic-version', '2024-01-01', 'anthropic-beta', 'a-1,b-2'])
  t.same(anthropic.headers({}), ['anthropic-version', '2023-06-01'])
  t.throws(() => anthropic.headers({ 'anthropic-beta': 'a\r\nx: y' }), { code: 'WEIR_ERR_DECODE_MALFORMED' })
})

await t.test('tokens read from and written to the cache count as part of the request', async (t) => {
  t.same(usageFromAnthropic({ input_tokens: 9, cache_read_input_tokens: 4, cache_creation_input_tokens: 2, output_tokens: 12 }, { requestBytes: 0, answerChars: 0 }),
    { inputTokens: 15, outputTokens: 12, cachedTokens: 4, cacheWriteTokens: 2, reasoningTokens: 0, estimated: false })
  t.match(usageFromAnthropic(null, { requestBytes: 40, answerChars: 8 }), { inputTokens: 10, outputTokens: 2, estimated: true })
})

await t.test('what is written to the cache for an hour is counted apart, and thoughts as part of the output', async (t) => {
  const read = (usage: object) => usageFromAnthropic({ input_tokens: 10, output_tokens: 20, ...usage }, { requestBytes: 0, answerChars: 0 })
  t.same(read({ cache_creation_input_tokens: 9, cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 7 }, output_tokens_details: { thinking_tokens: 8 } }),
    { inputTokens: 19, outputTokens: 20, cachedTokens: 0, cacheWriteTokens: 9, cacheWrite1hTokens: 7, reasoningTokens: 8, estimated: false })
  for (const split of [undefined, null, {}, { ephemeral_5m_input_tokens: 9, ephemeral_1h_input_tokens: 0 }, { ephemeral_1h_input_tokens: null }]) {
    t.same(read({ cache_creation_input_tokens: 9, cache_creation: split, output_tokens_details: null }), { inputTokens: 19, outputTokens: 20, cachedTokens: 0, cacheWriteTokens: 9, reasoningTokens: 0, estimated: false }, JSON.stringify(split))
  }
  t.match(read({ output_tokens_details: { thinking_tokens: 21 } }), { outputTokens: 20, reasoningTokens: 20 })
})

await t.test('a split that makes no sense is read as the dearest that it can mean', async (t) => {
  const read = (whole: unknown, hour: unknown, five: unknown = 0) =>
    usageFromAnthropic({ input_tokens: 10, output_tokens: 20, cache_creation_input_tokens: whole, cache_creation: { ephemeral_5m_input_tokens: five, ephemeral_1h_input_tokens: hour } }, { requestBytes: 0, answerChars: 0 })
  for (const hour of [-1, 0.5, '9', true, 2 ** 60, {}]) t.match(read(9, hour), { inputTokens: 19, cacheWriteTokens: 9, cacheWrite1hTokens: 9, estimated: false }, String(hour))
  t.match(read(2, 7, 3), { inputTokens: 20, cacheWriteTokens: 10, cacheWrite1hTokens: 7 }, 'more than the whole')
  t.match(read(undefined, 7), { inputTokens: 17, cacheWriteTokens: 7, cacheWrite1hTokens: 7 }, 'no whole')
  t.match(read(9, 3, 2), { inputTokens: 19, cacheWriteTokens: 9, cacheWrite1hTokens: 7 }, 'less than the whole')
  t.match(read(9, 3, -4), { inputTokens: 19, cacheWriteTokens: 9, cacheWrite1hTokens: 9 })
})
