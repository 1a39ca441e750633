import fc from 'fast-check'
import t from 'tap'
import type { AnsweredCall, Ruling } from '../../../adapters/model-format.ts'
import { SseTooLarge } from '../../../gateway/decode/sse-reader.ts'
import { ChatStream } from '../../../adapters/openai-chat/stream.ts'

// What a provider sent for "write a file, then run a command", with two calls side by side, an odd comment and an emoji.
const RECORDED = [
  ': ping\r\n\r\n',
  'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n',
  'data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Grüße 😀"},"finish_reason":null}]}\r\n\r\n',
  'data:{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"bash","arguments":""}}]}}]}\n\n',
  'data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"command\\":\\"SECRET"}}]}}]}\n\n',
  'data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" rm\\"}"}}]}}]}\r\r',
  'data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"read","arguments":"{\\"filePath\\":\\"ok\\"}"}}]}}]}\n\n',
  'data: {"id":"c","choices":[{"index":0,"delta":{},\ndata: "finish_reason":"tool_calls"}]}\n\n',
  'data: {"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}\n\n',
  'data: [DONE]\n\n',
].join('')

interface Seen { readonly out: string, readonly calls: readonly AnsweredCall[] }

/** Feeds the pieces; checks at every write that no undecided argument is among what left. */
async function run (pieces: readonly Buffer[], rule: (call: AnsweredCall) => Ruling): Promise<Seen> {
  const calls: AnsweredCall[] = []
  let out = ''
  let undecided = true
  const stream = new ChatStream({
    refusalStyle: 'invalid-tool',
    hidesUsage: false,
    write (bytes) {
      out += bytes.toString()
      if (undecided && /SECRET|rm/.test(out)) throw new Error('arguments left before the decision')
    },
    async rule (call) {
      await new Promise((resolve) => setImmediate(resolve))
      calls.push(call)
      const ruling = rule(call)
      undecided &&= !ruling.allowed || call.native !== 'bash'
      return ruling
    },
  })
  for (const piece of pieces) await stream.push(piece)
  await stream.end()
  return { out, calls }
}

const bytes = Buffer.from(RECORDED)
const cutAt = (...cuts: number[]): Buffer[] => [0, ...cuts].map((from, at) => bytes.subarray(from, [...cuts, bytes.length][at]))
const denyBash = (call: AnsweredCall): Ruling => call.native === 'bash' ? { allowed: false, feedback: 'no' } : { allowed: true }

await t.test('a cut at any byte changes neither the decisions nor what is released', async (t) => {
  for (const rule of [denyBash, (): Ruling => ({ allowed: true })]) {
    const whole = await run([bytes], rule)
    t.same(whole.calls.map(({ id, native, argumentsText }) => [id, native, argumentsText]), [['a', 'bash', '{"command":"SECRET rm"}'], ['b', 'read', '{"filePath":"ok"}']])
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const seen = await run(cutAt(cut), rule)
      if (seen.out !== whole.out || JSON.stringify(seen.calls) !== JSON.stringify(whole.calls)) t.fail(`cut at ${cut}`)
    }
    t.same(await run([...bytes].map((byte) => Buffer.from([byte])), rule), whole, 'one byte at a time')
  }
})

await t.test('a denied call leaves nothing of its arguments', async (t) => {
  const { out } = await run([bytes], denyBash)
  t.notMatch(out, /SECRET|rm/)
  t.match(out, '"name":"invalid"')
  t.match(out, '"name":"read"')
})

await t.test('whatever a provider sends, no call leaves that was not allowed', async (t) => {
  const piece = fc.record({
    index: fc.constantFrom(0, 1, 2, undefined, null, -1, 'x'),
    id: fc.constantFrom('a', 'b', undefined, '', 7),
    name: fc.constantFrom('bash', 'read', undefined, '', null),
    args: fc.constantFrom('{"command":"LEAK"}', '{"command":', '"LEAK"}', '{}', '', ' ', undefined, { command: 'LEAK' }, 5),
  })
  const toCall = ({ index, id, name, args }: { index: unknown, id: unknown, name: unknown, args: unknown }) => ({ index, id, function: { name, arguments: args } })
  const payload = fc.oneof(
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((list) => JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: list.map(toCall) } }] })),
    piece.map((one) => JSON.stringify({ choices: [{ index: 1, delta: { content: 'text', function_call: toCall(one).function }, finish_reason: 'function_call' }] })),
    fc.constantFrom('tool_calls', 'stop', 'length').map((finish) => JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: finish }] })),
    piece.map((one) => JSON.stringify({ choices: [{ index: 0, message: { tool_calls: [toCall(one)] } }] })),
    fc.constantFrom('[DONE]', '{}', '{"choices":null}', '{"choices":[{"delta":null}]}', 'nonsense', '{"error":{"message":"x"}}', '{"choices":[{"delta":{"TOOL_CALLS":["LEAK"]}}]}')
  )
  const leaked: string[] = []
  await fc.assert(fc.asyncProperty(fc.array(payload, { maxLength: 8 }), async (list) => {
    let out = ''
    const stream = new ChatStream({
      refusalStyle: 'invalid-tool', hidesUsage: false, write: (chunk) => { out += chunk.toString() }, rule: async () => ({ allowed: false, feedback: 'no' }),
    })
    try {
      for (const data of list) await stream.push(Buffer.from(`data: ${data}\n\n`))
      await stream.end()
    } catch {
      t.notOk(stream.broken(), 'nothing was released, so the client may try again')
    }
    if (out.includes('LEAK')) leaked.push(list.join(' '))
  }), { numRuns: 3_000 })
  t.strictSame(leaked, [])
})

await t.test('the finish never promises a call that is not there', async (t) => {
  const seen = await run([Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"tool_calls"}]}\n\n')], denyBash)
  t.notMatch(seen.out, '"tool_calls"')
  t.match(seen.out, '"finish_reason":"stop"')
})

await t.test('for a client that does not know the tool invalid, a refusal is text', async (t) => {
  let out = ''
  const stream = new ChatStream({ refusalStyle: 'text', hidesUsage: false, write: (chunk) => { out += chunk.toString() }, rule: async () => ({ allowed: false, feedback: 'not here' }) })
  await stream.push(bytes)
  t.match(out, 'not here')
  t.match(out, '"finish_reason":"stop"')
  t.notMatch(out, 'tool_calls')
})

await t.test('too many calls and too long events end the stream', async (t) => {
  const stream = new ChatStream({ refusalStyle: 'text', hidesUsage: false, write () {}, rule: async () => ({ allowed: true }) })
  const many = Array.from({ length: 300 }, (_, index) => ({ index, id: `i${index}`, function: { name: 'x', arguments: '{' } }))
  await t.rejects(async () => await stream.push(Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: many } }] })}\n\n`)), { code: 'WEIR_ERR_UPSTREAM' })
  const other = new ChatStream({ refusalStyle: 'text', hidesUsage: false, write () {}, rule: async () => ({ allowed: true }) })
  await t.rejects(async () => await other.push(Buffer.from(`data: ${' '.repeat(1_100_000)}`)), SseTooLarge)
})

await t.test('a server that gives every piece of a call a new id still sends one call', async (t) => {
  const seen = await run([
    { id: 'a', function: { name: 'bash', arguments: '' } }, { id: 'b', function: { arguments: '{"command":' } }, { id: 'c', function: { arguments: '"ls"}' } },
  ].map((call) => Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...call }] } }] })}\n\n`)), denyBash)
  t.match(seen.calls, [{ id: 'a', native: 'bash', argumentsText: '{"command":"ls"}' }])
  t.equal(seen.calls.length, 1)
})

await t.test('a call without arguments is released with empty ones, so that no client adds those of another choice', async (t) => {
  const event = (choice: number, delta: object): string => `data: ${JSON.stringify({ id: 'c', choices: [{ index: choice, delta }] })}\n\n`
  const calls = [['a', 'todoread', ''], ['b', 'read', '{"filePath":"x"}']] as const
  const sent = calls.map(([id, name, args], at) => event(at, { tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: args } }] })).join('')
  const { out } = await run([Buffer.from(`${sent}data: [DONE]\n\n`)], () => ({ allowed: true }))
  t.match(out, '"name":"todoread","arguments":"{}"')
})

// As OpenAI sends two calls: who speaks stands beside the first piece, unknown members everywhere, and the last event repeats nothing.
const around = { id: 'c', object: 'chat.completion.chunk', created: 7, model: 'm', service_tier: 'x', obfuscation: 'a1' }
const sentEvent = (delta: object, finish: string | null = null): string => `data: ${JSON.stringify({ ...around, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })}\n\n`
const begun = (index: number, id: string, name: string): object => ({ index, id, type: 'function', function: { name, arguments: '' } })
const more = (index: number, text: string): string => sentEvent({ tool_calls: [{ index, function: { arguments: text } }] })
const TWO_CALLS = [
  sentEvent({ role: 'assistant', content: null, refusal: null, tool_calls: [begun(0, 'a', 'bash')] }), more(0, '{"command"'), more(0, ':"SECRET rm'), more(0, ' 😀"}'),
  sentEvent({ tool_calls: [begun(1, 'b', 'read')] }), more(1, '{"filePath":'), more(1, '"ok"}'),
  sentEvent({}, 'tool_calls'), 'data: [DONE]\n\n',
].join('')

await t.test('calls that are allowed leave in the provider\'s own events, to the byte', async (t) => {
  const { out, calls } = await run([Buffer.from(TWO_CALLS)], () => ({ allowed: true }))
  t.equal(out, TWO_CALLS)
  t.same(calls.map(({ argumentsText }) => argumentsText), ['{"command":"SECRET rm 😀"}', '{"filePath":"ok"}'])
  t.equal((await run([...Buffer.from(TWO_CALLS)].map((byte) => Buffer.from([byte])), () => ({ allowed: true }))).out, TWO_CALLS)
  const denied = await run([Buffer.from(TWO_CALLS)], denyBash)
  t.match(denied.out, '"delta":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"invalid"')
  t.ok(denied.out.endsWith(TWO_CALLS.slice(TWO_CALLS.indexOf('"b"') - 200).slice(TWO_CALLS.slice(TWO_CALLS.indexOf('"b"') - 200).indexOf('data: '))), 'the other one is as it was')
})

await t.test('calls whose events clients read differently leave in one event that says what was decided', async (t) => {
  const piece = (call: object): string => sentEvent({ tool_calls: [call] })
  const half = JSON.stringify('😀').slice(1, 2)
  const odd: Readonly<Record<string, readonly string[]>> = {
    'its name comes again': [piece(begun(0, 'a', 'read')), piece({ index: 0, function: { name: 'read', arguments: '{}' } })],
    'its name comes later': [piece({ index: 0, id: 'a', function: { arguments: '' } }), piece({ index: 0, function: { name: 'read', arguments: '{}' } })],
    'it has no id': [piece({ index: 0, function: { name: 'read', arguments: '' } }), more(0, '{}')],
    'its id comes again': [piece(begun(0, 'a', 'read')), piece({ index: 0, id: 'a', function: { arguments: '{}' } })],
    'a piece has no index': [piece(begun(0, 'a', 'read')), piece({ function: { arguments: '{}' } })],
    'a piece has more to it': [piece(begun(0, 'a', 'read')), piece({ index: 0, function: { arguments: '{}' }, custom: { input: 'x' } })],
    'a character is cut in two': [piece(begun(0, 'a', 'read')), more(0, `{"a":"${half}`), more(0, '"}')],
    'its arguments are no object': [piece(begun(0, 'a', 'read')), more(0, '1'), more(0, '2')],
  }
  for (const [what, events] of Object.entries(odd)) {
    const { out, calls } = await run([Buffer.from(`${events.join('')}data: [DONE]\n\n`)], () => ({ allowed: true }))
    const left = out.split('\n\n').filter((event) => event.includes('tool_calls":[')).map((event) => JSON.parse(event.slice(6)))
    t.match(left, [{ choices: [{ delta: { tool_calls: [{ index: 0, id: calls[0]?.id, function: { name: 'read', arguments: calls[0]?.argumentsText } }] } }] }], what)
    t.equal(left.length, 1, what)
  }
})

await t.test('whatever the pieces, a client that joins them reads the calls that were decided', async (t) => {
  const piece = fc.record({
    index: fc.constantFrom(0, 0, 1, 2),
    id: fc.constantFrom('a', 'b', undefined, undefined, ''),
    name: fc.constantFrom('bash', 'read', undefined, undefined),
    args: fc.constantFrom('{"command":"x"}', '{"command":', '"y"}', '{}', '', ' ', '\n'),
  })
  await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (list) => {
    const events = list.map(({ index, id, name, args }) => sentEvent({ tool_calls: [{ index, id, function: { name, arguments: args } }] }))
    const { out, calls } = await run([Buffer.from(`${events.join('')}data: [DONE]\n\n`)], () => ({ allowed: true }))
    const joined: Array<{ name: string, text: string }> = []
    for (const payload of out.split('\n\n').filter((event) => event.includes('tool_calls":['))) {
      for (const { index, function: { name = '', arguments: text = '' } } of JSON.parse(payload.slice(6)).choices[0].delta.tool_calls) {
        const call = joined[index] ??= { name: '', text: '' }
        call.name += name
        call.text += text
      }
    }
    const decided = calls.map(({ native, argumentsText }) => ({ name: native, text: argumentsText }))
    t.strictSame(joined, decided) || t.fail(JSON.stringify(list))
  }), { numRuns: 500 })
})
