import { once } from 'node:events'
import t from 'tap'
import { ANSWER_NOTES } from '../../../../gateway/planes/model/relay.ts'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { ask, callsOf, chat, finishOf, open, openGovernedPlane } from './governed-plane.ts'

const upstream = await startFakeUpstream()
const notes = new Map<string, number>()
const governed = await openGovernedPlane(upstream.baseUrl, {
  idleMs: 300,
  onNotes: (seen) => seen.forEach((note) => notes.set(note, (notes.get(note) ?? 0) + 1)),
  providers: { claude: { format: 'anthropic', baseUrl: upstream.baseUrl, models: { m1: {} } } },
})
t.after(async () => {
  await governed.close()
  upstream.close()
})

const bash = (id: string, command: string) => callChunk([{ index: 0, id, name: 'bash', args: JSON.stringify({ command, description: 'x' }) }])
// A whole call, and the beginning of another that never ends.
const oneAndAHalf = (id: string, command: string): string => event(bash(id, command)) + event(callChunk([{ index: 1, id: 'half', name: 'bash', args: '{"comm' }]))
const answerWith = (...events: readonly unknown[]): void => {
  upstream.answer = (response) => {
    streamHead(response)
    response.end(events.map(event).join(''))
  }
}

/** An answer with a call, of which the agent sees the call and not the end. @returns the ledger entry of the call's decision */
async function interrupted (id: string, command: string): Promise<number> {
  upstream.answer = (response) => {
    streamHead(response)
    response.write(oneAndAHalf(id, command))
  }
  const outcome = governed.nextOutcome()
  const { request, response } = await open(governed, chat())
  await once(response, 'data')
  const entry = governed.entries.length - 1
  request.destroy()
  await outcome
  return entry
}

const released = async (id: string, command: string): Promise<number> => {
  answerWith(bash(id, command), finishChunk('tool_calls'), '[DONE]')
  t.same(callsOf((await ask(governed, chat())).text).map(({ function: { name } }) => name), ['bash'], 'a repeat is decided like any call')
  return governed.entries.length - 1
}
const repeats = (entry: number) => governed.settled.filter((outcome) => outcome.entry === entry).map(({ status, detail }) => ({ status, detail }))

await t.test('a call that comes again after the agent lost its answer is recorded as a repeat, and is one release', async (t) => {
  const first = await interrupted('a1', 'npm run one')
  const second = await released('a2', 'npm run one')
  t.same(repeats(first), [{ status: 'unknown', detail: { repeatedBy: second } }])
  t.same(governed.session.released.finish('a1'), [], 'the first one is not open any more')
  t.ok(governed.session.released.takeCommand('npm run one', '/workspace', () => true))
  t.equal(governed.session.released.takeCommand('npm run one', '/workspace', () => true), null, 'one start, not two')
  const third = await released('a3', 'npm run one')
  t.same(repeats(second), [], 'the answer of the second one arrived: the third is a new wish')
  t.equal(governed.session.released.finish('a2').length, 1)
  t.equal(governed.session.released.finish('a3')[0]?.permit.entry, third)
})

await t.test('an order to a subagent to run a command is no start of it', async (t) => {
  const args = JSON.stringify({ description: 'x', prompt: 'Run `npm run order`.', subagent_type: 'general' })
  answerWith(callChunk([{ index: 0, id: 'o1', name: 'task', args }]), finishChunk('tool_calls'), '[DONE]')
  await ask(governed, chat())
  t.match(governed.entries.at(-1), { decision: { verdict: 'allow' }, input: { command: { text: 'npm run order' } } })
  t.equal(governed.session.released.takeCommand('npm run order', '/workspace', () => true), null)
  t.equal(governed.session.released.finish('o1').length, 1)
})

await t.test('a call that was reported, other words and other answers repeat nothing', async (t) => {
  const done = await interrupted('b1', 'npm run two')
  t.equal(governed.session.released.finish('b1').length, 1)
  await released('b2', 'npm run two')
  t.same(repeats(done), [])
  const other = await interrupted('b3', 'npm run three')
  await released('b4', 'npm run four')
  t.same(repeats(other), [])
  t.equal(governed.session.released.finish('b3').length, 1)
  t.same(governed.session.released.drain().length, 2)
  await released('b5', 'npm run three')
  t.same(repeats(other), [])
})

await t.test('a provider that breaks after a call was released leaves the agent a whole answer, and its call open', async (t) => {
  for (const breakOff of ['cut', 'silent', 'senseless'] as const) {
    upstream.answer = (response) => {
      streamHead(response)
      response.write(oneAndAHalf(`c-${breakOff}`, 'npm run five'), () => {
        if (breakOff === 'cut') response.destroy()
        if (breakOff === 'senseless') response.end('data: <html>\n\n')
      })
    }
    const answer = await ask(governed, chat())
    t.notOk(answer.broke, breakOff)
    t.same(finishOf(answer.text), ['tool_calls'], breakOff)
    t.ok(answer.text.endsWith('data: [DONE]\n\n'), breakOff)
    t.equal(governed.session.released.finish(`c-${breakOff}`).length, 1, breakOff)
  }
})

await t.test('what is not as usual about an answer is counted by words of a closed list', async (t) => {
  const counted = async (what: () => Promise<unknown>): Promise<readonly (readonly [string, number])[]> => {
    notes.clear()
    const outcome = governed.nextOutcome()
    await what()
    await outcome
    for (const note of notes.keys()) t.ok(ANSWER_NOTES.some((known) => known === note), note)
    return [...notes]
  }
  const asked = (...events: readonly unknown[]) => counted(() => {
    answerWith(...events)
    return ask(governed, chat())
  })
  const claude = (...events: readonly object[]) => counted(() => {
    upstream.answer = (response) => {
      streamHead(response)
      response.end(events.map((value) => event(value)).join(''))
    }
    return ask(governed, JSON.stringify({ model: 'm1', stream: true, messages: [] }), { provider: 'claude', path: '/weir/model/claude/v1/messages' })
  })
  const start = { type: 'message_start', message: { id: 'm', content: [], usage: { input_tokens: 1 } } }
  const stop = (reason: string | null) => ({ type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 1 } })
  t.same(await asked(textChunk('hi'), finishChunk('stop'), '[DONE]'), [])
  t.same(await asked('[DONE]'), [['empty', 1]])
  t.same(await asked(textChunk('hi'), finishChunk('tool_calls'), '[DONE]'), [['promised-no-call', 1]])
  t.same(await asked(bash('d', 'FORBID'), finishChunk('tool_calls'), '[DONE]'), [], 'a refused call was one')
  t.same(await claude(start, stop('tool_use'), { type: 'message_stop' }), [['empty', 1], ['promised-no-call', 1]])
  t.same(await claude(start, { type: 'message_stop' }), [['empty', 1]])
  t.same(await claude(start, { type: 'novelty' }, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'a' } }, { type: 'content_block_stop', index: 0 }, stop('end_turn'), { type: 'message_stop' }), [['dropped-events', 1]])
  t.same(await asked(textChunk('hi'), finishChunk('abort'), '[DONE]'), [['unknown-end', 1]])
  t.same(await asked('<html>'), [['not-understood', 1]])
  notes.clear()
  await interrupted('e', 'npm run six')
  t.same([...notes], [['client-left', 1]])
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(textChunk('hi')), () => response.destroy())
  }
  t.same(await counted(() => ask(governed, chat())), [['upstream-broke', 1]])
  upstream.answer = (response) => {
    response.writeHead(400)
    response.end('{}')
  }
  t.same(await counted(() => ask(governed, chat())), [['upstream-refused', 1]])
})

t.end()
