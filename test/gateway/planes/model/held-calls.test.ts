import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openApprovals, type Approvals } from '../../../../gateway/approvals/approvals.ts'
import type { Decision, Verdict } from '../../../../gateway/core/decision.ts'
import type { Permit } from '../../../../gateway/core/permit.ts'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import { createHolds } from '../../../../gateway/planes/model/hold-call.ts'
import { testFolder } from '../../../support/test-folder.ts'
import { until } from '../../../support/until.ts'
import { ALICE, governed as fixture } from '../../../adapters/opencode/fixtures/governed.ts'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead } from './fake-upstream.ts'
import { ask, callsOf, chat, open, openGovernedPlane, type GovernedPlane, type PlaneOptions } from './governed-plane.ts'

const bash = (command: string): string => JSON.stringify({ command, description: 'x' })
const upstream = await startFakeUpstream()
t.after(() => upstream.close())

interface Stage { readonly governed: GovernedPlane, readonly approvals: Approvals }

async function stage (t: Test, options: PlaneOptions = {}): Promise<Stage> {
  const approvals = openApprovals({ file: join(testFolder(t), 'approvals.jsonl'), nowMs: () => 1, revision: () => 'r1', onWarning: () => {} })
  const governed = await openGovernedPlane(upstream.baseUrl, { approvals, decide: pendingUntilApproved, keepAliveMs: 20, ...options })
  t.teardown(async () => {
    await governed.close()
    approvals.close()
  })
  return { governed, approvals }
}

function pendingUntilApproved (input: PolicyInput): Decision | null {
  if (input.command?.text.includes('HOLD') !== true) return null
  const verdict: Verdict = input.approval === null ? 'pending' : 'allow'
  return { verdict, rule: `test.${verdict}`, reason: verdict, feedback: `the rule says ${verdict}`, also: [], obligations: {}, revision: 'r1' }
}

const permit = await (async (): Promise<Permit> => {
  const made = await fixture(() => 'allow').govern({ kind: 'approval', approval: 'apr_x', requestedBy: 'alice', permission: 'edit', heldAtMs: 0 }, ALICE)
  if (made.permit === null) throw new Error('no permit')
  return made.permit
})()

function says (...commands: readonly string[]): void {
  upstream.answer = (response) => {
    streamHead(response)
    response.end([callChunk(commands.map((command, index) => ({ index, id: `c${index}`, name: 'bash', args: bash(command) }))), finishChunk('tool_calls'), '[DONE]'].map(event).join(''))
  }
}

/** Opens the stream and reads until the first comment: by then the call is held. */
async function heldStream (governed: GovernedPlane): Promise<{ readonly text: () => string, readonly ended: Promise<unknown>, readonly leave: () => void }> {
  const { request, response } = await open(governed, chat())
  let text = ''
  const comment = new Promise<void>((resolve) => response.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (text.includes(': weir is holding')) resolve()
  }))
  const ended = once(response, 'close').catch(() => null)
  response.on('error', () => {})
  request.on('error', () => {})
  await comment
  return { text: () => text, ended, leave: () => request.destroy() }
}

const decisionsOf = (governed: GovernedPlane) => governed.entries.flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'tool-call' ? [entry] : [])

await t.test('a held call that is approved in time passes exactly as it was sent, with a decision of its own', async (t) => {
  const { governed, approvals } = await stage(t)
  says('HOLD')
  const stream = await heldStream(governed)
  t.notMatch(stream.text(), 'HOLD')
  const [waiting] = approvals.list()
  approvals.give(waiting?.id ?? '', 'bob', permit)
  await stream.ended
  t.same(callsOf(stream.text()).map(({ id, function: called }) => [id, called]), [['c0', { name: 'bash', arguments: bash('HOLD') }]])
  t.match(decisionsOf(governed), [{ decision: { verdict: 'pending' }, approval: waiting?.id }, { decision: { verdict: 'allow' }, approval: waiting?.id }])
  const [released] = governed.session.released.finish('c0')
  t.equal(released?.permit.entry, governed.entries.length - 1)
  t.same(released?.settled, { revision: 'r1', approved: true, changed: false })
  says('ls')
  await ask(governed, chat())
  t.equal(governed.session.released.finish('c0')[0]?.settled, undefined, 'a plain allow settles nothing more')
})

await t.test('one that is refused in time is answered with the reason', async (t) => {
  const { governed, approvals } = await stage(t)
  says('HOLD')
  const stream = await heldStream(governed)
  approvals.refuse(approvals.list()[0]?.id ?? '', 'bob', 'not on a Friday', permit)
  await stream.ended
  t.match(callsOf(stream.text())[0]?.function, { name: 'invalid', arguments: /second person refused this call: not on a Friday/ })
  t.equal(decisionsOf(governed).length, 1)
})

await t.test('one that nobody answers in time is answered with the id of its approval, and passes later when it is made again', async (t) => {
  const { governed, approvals } = await stage(t, { holdMs: 50 })
  says('HOLD')
  const answer = await ask(governed, chat())
  const id = approvals.list()[0]?.id ?? ''
  t.match(callsOf(answer.text)[0]?.function, { name: 'invalid', arguments: new RegExp(`approval ${id}`) })
  approvals.give(id, 'bob', permit)
  t.equal(callsOf((await ask(governed, chat())).text)[0]?.function.name, 'bash')
  t.equal(callsOf((await ask(governed, chat())).text)[0]?.function.name, 'invalid', 'an approval covers one call')
})

await t.test('another policy while a call is held: it is decided again, and waits on under its approval if that leaves it to people too', async (t) => {
  const policy: { revision: string, verdict: Verdict } = { revision: 'r1', verdict: 'pending' }
  const approvals = openApprovals({ file: join(testFolder(t), 'approvals.jsonl'), nowMs: () => 1, revision: () => policy.revision, onWarning: () => {} })
  const decide = (input: PolicyInput): Decision | null => {
    const held = pendingUntilApproved(input)
    return held === null ? null : { ...held, revision: policy.revision, ...(held.verdict === 'pending' ? { verdict: policy.verdict, feedback: `now it is ${policy.verdict}` } : {}) }
  }
  const { governed } = await stage(t, { approvals, decide })
  const change = (verdict: Verdict, revision: string): void => {
    Object.assign(policy, { verdict, revision })
    approvals.policyChanged()
  }
  says('HOLD')
  const [first, id] = [await heldStream(governed), approvals.list()[0]?.id ?? '']
  approvals.policyChanged()
  change('pending', 'r2')
  await until(() => approvals.get(id)?.revision === 'r2')
  t.equal(approvals.list().length, 1, 'the same approval, as old as it was')
  approvals.give(id, 'bob', permit)
  await first.ended
  t.equal(callsOf(first.text())[0]?.function.name, 'bash')
  const second = await heldStream(governed)
  change('deny', 'r3')
  await second.ended
  t.match(callsOf(second.text())[0]?.function, { name: 'invalid', arguments: /now it is deny/ })
  policy.verdict = 'pending'
  const third = await heldStream(governed)
  change('allow', 'r4')
  await third.ended
  t.equal(callsOf(third.text())[0]?.function.name, 'bash')
})

await t.test('an approval that expires while its call is held denies it, and the model reads so', async (t) => {
  const approvals = openApprovals({ file: join(testFolder(t), 'approvals.jsonl'), nowMs: () => 1, revision: () => 'r1', lifetimeMs: 50, onWarning: () => {} })
  const { governed } = await stage(t, { approvals })
  says('HOLD')
  t.match(callsOf((await ask(governed, chat())).text)[0]?.function, { name: 'invalid', arguments: /Nobody approved this call in time, which denies it/ })
})

await t.test('another actor\'s identical call is not covered', async (t) => {
  const { approvals } = await stage(t)
  const mallory = fixture((input) => pendingUntilApproved(input)?.verdict ?? 'allow', approvals)
  const { governed } = await stage(t, { approvals, holdMs: 0 })
  says('HOLD')
  await ask(governed, chat())
  const digest = decisionsOf(governed)[0]?.digest ?? ''
  approvals.give(approvals.list()[0]?.id ?? '', 'bob', permit)
  const call = { readable: true, protocol: 'opencode', native: 'bash', tool: 'run-shell', args: {}, targets: [], command: 'HOLD', url: null, cwd: '/workspace', digest } as const
  t.equal((await mallory.govern({ kind: 'tool-call', call }, { ...ALICE, actor: { ...ALICE.actor, id: 'mallory' } })).decision.verdict, 'pending')
  t.equal(callsOf((await ask(governed, chat())).text)[0]?.function.name, 'bash')
})

await t.test('when the client leaves, the hold ends and a later approval is not used up', async (t) => {
  const { governed, approvals } = await stage(t)
  says('HOLD')
  const stream = await heldStream(governed)
  const outcome = governed.nextOutcome()
  stream.leave()
  await stream.ended
  t.match((await outcome).detail, { notes: ['client-left'], released: 0 })
  const id = approvals.list()[0]?.id ?? ''
  approvals.give(id, 'bob', permit)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  t.equal(approvals.get(id)?.state, 'given')
  t.equal(decisionsOf(governed).length, 1)
  t.same(governed.session.released.drain(), [])
})

await t.test('calls of one answer that come together are held together', async (t) => {
  const { governed, approvals } = await stage(t)
  upstream.answer = (response) => {
    streamHead(response)
    response.end([callChunk([{ index: 0, id: 'c0', name: 'bash', args: bash('HOLD one').slice(0, 5) }, { index: 1, id: 'c1', name: 'bash', args: bash('HOLD two').slice(0, 5) }]),
      callChunk([{ index: 0, args: bash('HOLD one').slice(5) }]), callChunk([{ index: 1, args: bash('HOLD two').slice(5) }]), finishChunk('tool_calls'), '[DONE]'].map(event).join(''))
  }
  const stream = await heldStream(governed)
  t.equal(approvals.list().length, 2)
  const [one, two] = approvals.list()
  approvals.refuse(two?.id ?? '', 'bob', 'no', permit)
  approvals.give(one?.id ?? '', 'bob', permit)
  await stream.ended
  t.same(callsOf(stream.text()).map(({ id, function: { name } }) => [id, name]), [['c0', 'bash'], ['c1', 'invalid']])
})

/** Says calls one after the other, the last of them cut off, and leaves the stream open. @returns what breaks it */
function saysUnended (...commands: readonly string[]): Promise<() => void> {
  return new Promise((resolve) => {
    upstream.answer = (response) => {
      streamHead(response)
      for (const [index, command] of commands.entries()) response.write(event(callChunk([{ index, id: `c${index}`, name: 'bash', args: bash(command) }])))
      response.write(event(callChunk([{ index: commands.length, id: 'last', name: 'bash', args: '{' }])))
      resolve(() => response.destroy())
    }
  })
}

await t.test('calls that come one after the other are held together, a dozen of them too, and end well when the provider breaks off', async (t) => {
  const { governed, approvals } = await stage(t)
  const commands = Array.from({ length: 13 }, (_, at) => `HOLD ${at}`)
  const warnings: string[] = []
  const onWarning = ({ name }: Error): void => { warnings.push(name) }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const breaks = saysUnended(...commands)
  const stream = await heldStream(governed)
  while (approvals.list().length < commands.length) await new Promise((resolve) => setImmediate(resolve))
  t.notMatch(stream.text(), 'HOLD')
  ;(await breaks)()
  // An answer that came later has been read: by then the break has been seen too.
  says('free')
  await ask(governed, chat())
  for (const { id } of [...approvals.list()].reverse()) approvals.give(id, 'bob', permit)
  await stream.ended
  t.same(callsOf(stream.text()).map(({ function: called }) => called.arguments), commands.map(bash), 'in their order, although the provider broke off while they were held')
  t.match(stream.text(), /"finish_reason":"tool_calls"[^]*\[DONE\]/)
  t.same(warnings, [])
})

await t.test('when the client leaves, every hold of its answer ends', async (t) => {
  const { governed, approvals } = await stage(t)
  void saysUnended('HOLD one', 'HOLD two', 'free')
  const stream = await heldStream(governed)
  const outcome = governed.nextOutcome()
  stream.leave()
  t.match((await outcome).detail, { notes: ['client-left'], released: 0 })
  for (const { id } of approvals.list()) approvals.give(id, 'bob', permit)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  t.same(approvals.list().map(({ state }) => state), ['given', 'given'], 'neither was used up')
})

await t.test('a whole answer is not held', async (t) => {
  const { governed, approvals } = await stage(t)
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: bash('HOLD') } }] }, finish_reason: 'tool_calls' }] }))
  }
  const answer = await ask(governed, chat({ stream: false }))
  t.match(answer.text, approvals.list()[0]?.id ?? 'none')
})

await t.test('the agent runs the changed call, and its ask and its start find that one', async (t) => {
  const dry = { op: 'set', arg: 'command', value: 'make --dry-run' } as const
  const decide = (input: PolicyInput): Decision | null => input.command?.text !== 'make' ? null : { verdict: 'allow', rule: 'test.dry', reason: '', feedback: '', also: [], obligations: { modify: [dry] }, revision: 'r1' }
  const { governed } = await stage(t, { decide })
  says('make')
  const answer = await ask(governed, chat())
  t.same(callsOf(answer.text)[0]?.function, { name: 'bash', arguments: bash('make --dry-run') })
  const [first, second] = decisionsOf(governed)
  t.match(second, { modified: { of: governed.entries.indexOf(first as never), operations: [dry] } })
  t.equal(governed.session.released.find('c0', first?.digest ?? ''), null)
  t.not(governed.session.released.find('c0', second?.digest ?? ''), null)
  t.equal(governed.session.released.takeCommand('make', '/workspace', () => true), null)
  t.not(governed.session.released.takeCommand('make --dry-run', '/workspace', ({ settled }) => settled?.changed === true && !settled.approved), null)
})

await t.test('a hold that has ended leaves no listener on its connection', async (t) => {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const before = response.listenerCount('close')
  const nobodySays = createHolds(response, { whenSaid: () => () => undefined, msLeft: () => 60_000 })
  for (let i = 0; i < 3; i += 1) t.same(await nobodySays('apr_1', 1), { how: 'late' })
  t.equal(response.listenerCount('close'), before)
  t.same(await createHolds(response, { whenSaid: () => null, msLeft: () => 60_000 })('apr_1', 60_000), { how: 'late' })
  t.equal(response.listenerCount('close'), before)
})

t.end()
