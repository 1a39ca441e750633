import { once } from 'node:events'
import t from 'tap'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { ask, callsOf, chat, finishOf, KEY_CANARY, open, openGovernedPlane, payloads } from './governed-plane.ts'

const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }
const upstream = await startFakeUpstream()
const governed = await openGovernedPlane(upstream.baseUrl)
t.after(async () => {
  await governed.close()
  upstream.close()
})

async function streamed (events: readonly unknown[], body = chat(), headers = {}) {
  upstream.answer = (response) => {
    streamHead(response)
    response.end(events.map(event).join(''))
  }
  const before = governed.entries.length
  const answer = await ask(governed, body, { headers })
  return { ...answer, decisions: governed.entries.slice(before + 1) }
}

const bash = (command: string) => JSON.stringify({ command, description: 'x' })

await t.test('a stream of text passes byte for byte', async (t) => {
  const events = [textChunk('Hello '), textChunk('wörld 😀'), finishChunk('stop'), { id: 'c1', choices: [], usage }, '[DONE]']
  const answer = await streamed(events)
  t.equal(answer.status, 200)
  t.equal(answer.text, events.map(event).join(''))
})

await t.test('an allowed call passes with the bytes it came in when one event held it', async (t) => {
  const events = [callChunk([{ index: 0, id: 'a', name: 'bash', args: bash('ls') }]), finishChunk('tool_calls'), '[DONE]']
  const answer = await streamed(events)
  t.equal(answer.text, events.map(event).join(''))
  t.equal(answer.decisions.length, 1)
})

await t.test('an allowed call in pieces passes whole, and its permit waits for the outcome', async (t) => {
  const args = bash('npm test')
  const pieces = [...args].map((char) => callChunk([{ index: 0, args: char }]))
  const events = [callChunk([{ index: 0, id: 'joined', name: 'bash', args: '' }]), ...pieces, finishChunk('tool_calls', usage), '[DONE]']
  t.equal((await streamed(events)).text, events.map(event).join(''))
  t.equal(governed.session.released.finish('joined').length, 1)
})

await t.test('a denied call becomes the invalid tool with the rule\'s feedback', async (t) => {
  const answer = await streamed([textChunk('I will. '), callChunk([{ index: 0, id: 'a', name: 'bash', args: bash('FORBID') }]), finishChunk('tool_calls'), '[DONE]'])
  const [call] = callsOf(answer.text)
  t.equal(call?.id, 'a')
  t.equal(call?.function.name, 'invalid')
  t.same(JSON.parse(call?.function.arguments ?? ''), { tool: 'bash', error: 'the rule says deny' })
  t.same(finishOf(answer.text), ['tool_calls'])
  t.notMatch(answer.text, 'FORBID')
})

await t.test('a pending call names its approval', async (t) => {
  const answer = await streamed([callChunk([{ index: 0, id: 'a', name: 'bash', args: bash('HOLD') }], 'tool_calls'), '[DONE]'])
  t.match(callsOf(answer.text)[0]?.function, { name: 'invalid', arguments: /the rule says pending \(approval apr_1\)/ })
})

await t.test('parallel calls are decided one by one', async (t) => {
  const answer = await streamed([
    callChunk([{ index: 0, id: 'a', name: 'bash', args: '{"command":"one",' }, { index: 1, id: 'b', name: 'bash', args: bash('FORBID') }]),
    callChunk([{ index: 0, args: '"description":"x"}' }]),
    callChunk([{ index: 2, id: 'c', name: 'bash', args: bash('three') }]),
    finishChunk('tool_calls'),
    '[DONE]',
  ])
  const byId = new Map(callsOf(answer.text).map((call) => [call.id, call.function]))
  t.same([...byId.keys()].sort(), ['a', 'b', 'c'])
  t.equal(byId.get('a')?.arguments, bash('one'))
  t.equal(byId.get('b')?.name, 'invalid')
  t.equal(byId.get('c')?.name, 'bash')
  t.same(callsOf(answer.text).map(({ index }) => index), [0, 1, 2])
  t.equal(answer.decisions.length, 3)
})

await t.test('two calls under one index are two calls', async (t) => {
  const answer = await streamed([
    callChunk([{ index: 0, id: 'a', name: 'bash', args: bash('one') }]), callChunk([{ index: 0, id: 'b', name: 'bash', args: bash('FORBID') }]), finishChunk('tool_calls'), '[DONE]',
  ])
  t.same(callsOf(answer.text).map(({ index, id, function: { name } }) => ({ index, id, name })), [{ index: 0, id: 'a', name: 'bash' }, { index: 1, id: 'b', name: 'invalid' }])
})

await t.test('calls without index, finish and end mark are still decided', async (t) => {
  const answer = await streamed([callChunk([{ id: 'a', name: 'bash', args: bash('FORBID') }]), callChunk([{ id: 'b', name: 'bash', args: bash('two') }])])
  t.same(callsOf(answer.text).map(({ id, function: { name } }) => [id, name]), [['a', 'invalid'], ['b', 'bash']])
  t.same(finishOf(answer.text), ['tool_calls'])
  t.equal(payloads(answer.text).at(-1), '[DONE]')
})

await t.test('what comes after the end mark never passes', async (t) => {
  const answer = await streamed([textChunk('hi'), finishChunk('stop'), '[DONE]', callChunk([{ index: 0, id: 'late', name: 'bash', args: bash('late') }]), '[DONE]'])
  t.notMatch(answer.text, 'late')
  t.ok(answer.text.endsWith('data: [DONE]\n\n'))
  t.equal(answer.decisions.length, 0)
})

await t.test('a call after the finish is decided too', async (t) => {
  const answer = await streamed([textChunk('hi'), finishChunk('stop'), callChunk([{ index: 0, id: 'a', name: 'bash', args: bash('FORBID') }]), '[DONE]'])
  t.same(callsOf(answer.text).map(({ function: { name } }) => name), ['invalid'])
  t.same(finishOf(answer.text), ['stop', 'tool_calls'])
})

await t.test('arguments that two readers could read differently are refused', async (t) => {
  for (const args of ['{"command":"a","command":"b"}', '{"command":"a"', '{"command":"a"}{"command":"b"}', '[]', '5', '{"command":"\\ud800"}']) {
    const answer = await streamed([callChunk([{ index: 0, id: 'a', name: 'bash', args }]), finishChunk('tool_calls'), '[DONE]'])
    t.same(callsOf(answer.text).map(({ function: { name } }) => name), ['invalid'], args)
    t.equal(answer.decisions.length, 1, 'the refusal is recorded')
  }
})

await t.test('an event with a duplicate key says to every reader what was decided', async (t) => {
  upstream.answer = (response) => {
    streamHead(response)
    const call = (command: string) => JSON.stringify([{ index: 0, id: 'a', function: { name: 'bash', arguments: bash(command) } }])
    response.end(`data: {"choices":[{"index":0,"delta":{"tool_calls":${call('FIRST')},"tool_calls":${call('FORBID')}}}],"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n` +
      'data: {"choices":[{"delta":{"content":"FIRST","content":"second"}}]}\n\ndata: [DONE]\n\n')
  }
  const answer = await ask(governed, chat())
  t.notMatch(answer.text, /FIRST|FORBID/)
  t.match(answer.text, 'second')
})

await t.test('a call under a key that only differs in case is not passed on', async (t) => {
  const answer = await streamed([{ choices: [{ index: 0, delta: { Tool_Calls: [{ index: 0, id: 'a', function: { name: 'bash', arguments: bash('sneaky') } }] } }] }, '[DONE]'])
  t.notMatch(answer.text, 'sneaky')
  t.match(answer.text, 'WEIR_ERR_UPSTREAM')
})

await t.test('keys written with escapes are the same keys', async (t) => {
  upstream.answer = (response) => {
    streamHead(response)
    response.end(`data: {"choices":[{"index":0,"delta":{"tool_c\\u0061lls":[{"index":0,"id":"a","function":{"name":"bash","arguments":${JSON.stringify(bash('FORBID'))}}}]}}]}\n\n`)
  }
  const answer = await ask(governed, chat())
  t.same(callsOf(answer.text).map(({ function: { name } }) => name), ['invalid'])
  t.notMatch(answer.text, 'FORBID')
})

await t.test('text and call in one event are parted: the text passes, the call is decided', async (t) => {
  const mixed = { id: 'c1', choices: [{ index: 0, delta: { content: 'Look: ', tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'bash', arguments: bash('FORBID') } }] }, finish_reason: 'tool_calls' }], usage }
  const answer = await streamed([mixed, '[DONE]'])
  t.equal(payloads(answer.text)[0].choices[0].delta.content, 'Look: ')
  t.equal(callsOf(answer.text)[0]?.function.name, 'invalid')
  t.same(payloads(answer.text).at(-2).usage, usage)
})

await t.test('the older function_call is held and decided as well', async (t) => {
  const piece = (call: unknown) => ({ choices: [{ index: 0, delta: { function_call: call } }] })
  const answer = await streamed([piece({ name: 'bash', arguments: '{"command":"FOR' }), piece({ arguments: 'BID"}' }), finishChunk('function_call'), '[DONE]'])
  t.notMatch(answer.text, 'FORBID')
  t.equal(callsOf(answer.text)[0]?.function.name, 'invalid')
  const allowed = await streamed([piece({ name: 'bash', arguments: bash('ok') }), finishChunk('function_call'), '[DONE]'])
  t.same(payloads(allowed.text)[0].choices[0].delta.function_call, { name: 'bash', arguments: bash('ok') })
})

await t.test('a name that changes between pieces is refused', async (t) => {
  const answer = await streamed([callChunk([{ index: 0, id: 'a', name: 'read', args: '{"filePath":' }]), callChunk([{ index: 0, name: 'bash', args: '"x"}' }]), finishChunk('tool_calls'), '[DONE]'])
  t.equal(callsOf(answer.text)[0]?.function.name, 'invalid')
})

await t.test('a finish that promises calls without one becomes stop', async (t) => {
  const answer = await streamed([textChunk('nothing to do'), finishChunk('tool_calls'), '[DONE]'])
  t.same(finishOf(answer.text), ['stop'])
})

await t.test('an empty stream is ended with a word, so that the agent does not ask for ever', async (t) => {
  for (const events of [['[DONE]'], [], [finishChunk('tool_calls'), '[DONE]']]) {
    const answer = await streamed(events)
    t.match(payloads(answer.text)[0].choices[0].delta, { content: /empty answer/ })
    t.same(finishOf(answer.text), ['stop'])
    t.equal(payloads(answer.text).at(-1), '[DONE]')
  }
})

await t.test('a ledger that cannot record refuses the call', async (t) => {
  upstream.answer = (response) => {
    governed.failLedger = true
    streamHead(response)
    response.end([callChunk([{ index: 0, id: 'a', name: 'bash', args: bash('ls') }]), finishChunk('tool_calls'), '[DONE]'].map(event).join(''))
  }
  const answer = await ask(governed, chat())
  governed.failLedger = false
  t.match(callsOf(answer.text)[0]?.function, { name: 'invalid', arguments: /could not decide or record/ })
})

await t.test('the usage event is asked for, read, and kept from a client that did not ask', async (t) => {
  const outcome = governed.nextOutcome()
  const answer = await streamed([textChunk('hi'), finishChunk('stop'), { id: 'c1', choices: [], usage }, '[DONE]'], chat({ stream_options: undefined }))
  t.equal(JSON.parse(upstream.seen.at(-1)?.body ?? '').stream_options.include_usage, true)
  t.notMatch(answer.text, 'prompt_tokens')
  t.match((await outcome).detail, { status: 200, keyId: 'key_1', usage: { inputTokens: 100, outputTokens: 20, estimated: false, provider: 'p', model: 'm1' } })
})

await t.test('a key that a provider puts into its stream does not come out', async (t) => {
  const answer = await streamed([textChunk(`your key is ${KEY_CANARY}`), { error: { message: KEY_CANARY } }, '[DONE]'])
  t.notMatch(answer.text, KEY_CANARY)
  const [front, back] = [KEY_CANARY.slice(0, 12), KEY_CANARY.slice(12)]
  const cut = await streamed([textChunk(`your key is ${front}`), textChunk(`${back}, and `), textChunk('more'), finishChunk('stop'), '[DONE]'])
  t.equal(payloads(cut.text).map((payload) => payload.choices?.[0].delta.content ?? '').join(''), 'your key is [redacted], and more')
  t.match(finishOf(cut.text), ['stop'])
  const partly = await streamed([textChunk('all keys begin with sk-ca'), '[DONE]'])
  t.match(partly.text, /sk-ca.*"finish_reason":"stop".*\[DONE\]/s, 'the beginning of one passes at the end, in its place')
  t.match(answer.text, 'redacted')
})

await t.test('a model whose name is the beginning of its key does not keep a stream waiting', async (t) => {
  const named = (content: string): string => event({ ...textChunk(content) as object, id: KEY_CANARY.slice(0, 9), model: KEY_CANARY.slice(0, 9) })
  let goOn = (): void => {}
  upstream.answer = (response) => {
    streamHead(response)
    response.write(named('one'))
    goOn = () => response.end(event('[DONE]'))
  }
  const { response } = await open(governed, chat())
  const [chunk] = await once(response, 'data')
  t.equal(String(chunk), named('one'), 'it came before the provider said more')
  goOn()
  await once(response.resume(), 'end')
})

t.end()
