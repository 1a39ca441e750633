import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { Verdict } from '../../../gateway/core/decision.ts'
import type { EventBody } from '../../../gateway/core/ledger-entry.ts'
import type { Caller } from '../../../gateway/identity/caller.ts'
import { openRunMarks, readRunMarks } from '../../../gateway/sessions/run-marks.ts'
import { createSeatCounts } from '../../../gateway/sessions/seat-counts.ts'
import { createSessions } from '../../../gateway/sessions/sessions.ts'
import type { SessionPorts } from '../../../gateway/sessions/session-ports.ts'
import type { AgentSession, CollectOccasion, Sessions } from '../../../gateway/sessions/session.ts'
import { createBubblewrap } from '../../../sandbox/bubblewrap.ts'
import { DEFAULT_LIMITS } from '../../../sandbox/limits.ts'
import type { Sandbox } from '../../../sandbox/sandbox.ts'
import { CONTEXT, openDoor, permitFrom, type Door } from '../../sandbox/open-door.ts'
import { writeProbeAgent } from '../../sandbox/probe-agent.ts'
import { testFolder } from '../../support/test-folder.ts'

const home = testFolder(t, { lower: { 'a.txt': 'a\n', link: t.fixture('symlink', '/etc/passwd'), dir: { in: t.fixture('symlink', '../a.txt') } }, data: {} })
const sandboxes = await createBubblewrap({ dataDir: join(home, 'data'), agentBinary: writeProbeAgent(home) })
t.teardown(async () => { await sandboxes.close() })
t.setTimeout(900_000) // a machine under load, not a measure
const caller: Caller = { actor: CONTEXT.actor, app: null, environment: null, tokenId: 't1', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }
const scope = { app: 'shop', environment: 'DEV' } as const

interface Rig { readonly sessions: Sessions, readonly door: Door, readonly log: string[] }

function rig (verdict: Verdict = 'allow', changes: Partial<SessionPorts> = {}): Rig {
  const door = openDoor(() => verdict)
  const log: string[] = []
  const seats = createSeatCounts()
  const marks = openRunMarks(join(home, 'data', 'running.json'), (error) => { throw error })
  marks.close()
  const sessions = createSessions({
    governor: door.governor,
    ledger: door.ledger,
    clock: { nowMs: () => Date.now() },
    elapsedMs: () => performance.now(),
    seats: { ready: async () => {}, of: (actor) => seats.seatOf(actor, Date.now()) },
    sandboxes,
    idleStopMs: 600_000,
    credits: { milliPerContainerSecond: 1_000, milliPerSessionSecond: 100 },
    marks,
    materialise: async () => {
      log.push('materialise')
      return { lowerDir: join(home, 'lower'), commit: 'c0ffee' }
    },
    agentConfig: ({ modelToken }) => ({ token: modelToken }),
    serveSessionModel: async (_session, path) => {
      const server = createServer().listen(path)
      await once(server, 'listening')
      return { close: () => { server.close() } }
    },
    startAskPlane: async () => ({ close: () => { log.push('ask closed') } }),
    collect: async (session: AgentSession, sandbox: Sandbox, occasion: CollectOccasion) => { log.push(`collect ${occasion} ${existsSync(sandbox.upperDir) ? 'live' : 'gone'} ${session.id === '' ? '' : 'ok'}`) },
    onError: (error, what) => { log.push(`error ${what} ${error.code}`) },
    ...changes,
  })
  return { sessions, door, log }
}

await t.test('calls at the same time share one session; another role of the same person does not', async (t) => {
  const { sessions, door, log } = rig()
  t.teardown(async () => { await sessions.close() })
  const changing = { ...caller, actor: { ...caller.actor, role: caller.actor.role } }
  const [one, two] = await Promise.all([sessions.open(caller, scope), sessions.open(changing, scope)])
  t.equal(one, two)
  t.match(one.id, /^wses_[a-z2-7]{26}$/)
  t.equal(sessions.byId(one.id), one)
  t.same(log, ['materialise'])
  changing.actor.role = 'reviewer'
  const other = await sessions.open(changing, scope)
  t.not(other.id, one.id)
  t.not(other.modelToken, one.modelToken)
  t.equal(sessions.list().length, 2)
  const verified = { ...caller, actor: Object.freeze({ ...caller.actor, groups: Object.freeze([...caller.actor.groups]) }) }
  t.equal(await sessions.open(verified, scope), one)
  const elsewhere = await sessions.open(verified, { ...scope, environment: 'TEST' })
  t.not(elsewhere.id, one.id)
  t.equal(await sessions.open(verified, { ...scope, environment: 'TEST' }), elsewhere)
  t.match(door.entries.find((entry) => entry.kind === 'event'), { name: 'session-started', session: one.id, detail: { commit: 'c0ffee' } })
})

await t.test('a session that policy refuses starts nothing', async (t) => {
  const { sessions, log } = rig('deny')
  await t.rejects(sessions.open(caller, scope), { code: 'WEIR_ERR_DENIED', rule: 'test.deny', decision: 0 })
  await t.rejects(rig('pending').sessions.open(caller, scope), { code: 'WEIR_ERR_PENDING' })
  t.same(log, [])
  t.same(sessions.list(), [])
})

await t.test('a stopped session was collected after its agent was gone, is charged, and leaves nothing', async (t) => {
  const { sessions, door, log } = rig()
  const session = await sessions.open(caller, scope)
  t.match(readRunMarks(join(home, 'data', 'running.json'))?.marks, [{ session: session.id, context: { actor: caller.actor } }])
  session.released.remember({ callId: 'c', native: 'bash', digest: 'd', permit: await permitFrom(door) })
  await Promise.all([session.stop('test'), session.stop('again')])
  await session.ended
  t.same(log, ['materialise', 'ask closed', 'collect end live ok'])
  t.notOk(existsSync(dirname(session.endpoint.socketPath)))
  t.same(door.entries.slice(-3).map((entry) => entry.kind === 'outcome' ? entry.status : entry.kind), ['unknown', 'done', 'event'])
  t.match(door.entries.at(-1), { name: 'session-stopped', detail: { reason: 'test', estimated: false, org: 'acme', groups: [] } })
  const { sessionSeconds, containerSeconds, milliCredits } = (door.entries.at(-1) as EventBody).detail as Record<string, number>
  t.ok(containerSeconds !== undefined && containerSeconds > 0 && milliCredits === containerSeconds * 1_000 + (sessionSeconds ?? 0) * 100)
  t.equal(readRunMarks(join(home, 'data', 'running.json')), null)
  t.equal(sessions.byId(session.id), null)
})

await t.test('what a session costs goes by a clock that only goes on: whoever sets the machine\'s makes it neither dearer nor free, and nobody idle', async (t) => {
  for (const jumpMs of [365 * 86_400_000, -365 * 86_400_000]) {
    let [aheadMs, elapsedMs] = [0, 5_000]
    const { sessions, door } = rig('allow', { clock: { nowMs: () => Date.now() + aheadMs }, elapsedMs: () => elapsedMs, idleStopMs: 60_000 })
    const session = await sessions.open(caller, scope)
    aheadMs = jumpMs
    session.touch()
    elapsedMs += 59_500
    await session.stop('test')
    t.match(door.entries.at(-1), { name: 'session-stopped', detail: { sessionSeconds: 60, containerSeconds: 60, milliCredits: 66_000, estimated: false } }, `${jumpMs}`)
  }
})

await t.test('when the agent ends by itself the session ends, and the next call starts anew', async (t) => {
  const { sessions } = rig()
  t.teardown(async () => { await sessions.close() })
  const first = await sessions.open(caller, scope)
  request({ socketPath: first.endpoint.socketPath, path: '/exit', headers: { authorization: first.endpoint.authorization } }).on('error', () => {}).end()
  await first.ended
  const second = await sessions.open(caller, scope)
  t.not(second.id, first.id)
})

await t.test('a session over a limit stops, and the ledger and the session say why', async (t) => {
  const limited = await createBubblewrap({ dataDir: join(home, 'limited'), agentBinary: writeProbeAgent(home), limits: { ...DEFAULT_LIMITS, memoryBytes: 268_435_456 } })
  t.teardown(async () => { await limited.close() })
  const { sessions, door } = rig('allow', { sandboxes: limited })
  const session = await sessions.open(caller, scope)
  t.equal(session.overLimit, null)
  const greedy = encodeURIComponent('import time\nx = bytearray(400 << 20)\ntime.sleep(600)')
  request({ socketPath: session.endpoint.socketPath, path: `/${greedy}`, headers: { authorization: session.endpoint.authorization } }).on('error', () => {}).end()
  await session.ended
  t.match(session.overLimit, /^over the memory limit of this session: [0-9]+ MiB of memory, at most 256 MiB of memory$/)
  t.match(door.entries.find((entry) => entry.kind === 'event' && entry.name === 'limit-reached'), { session: session.id, detail: { limit: 'memory', allowed: 268_435_456, ended: 'session' } })
  t.match(door.entries.at(-1), { name: 'session-stopped', detail: { reason: 'limit-memory' } })
})

await t.test('a session that nobody touches stops', async (t) => {
  const { sessions, door } = rig('allow', { idleStopMs: 50 })
  const session = await sessions.open(caller, scope)
  const keepAlive = setInterval(() => {}, 1_000) // the idle timer does not hold the process open by itself
  await session.ended
  clearInterval(keepAlive)
  t.match(door.entries.at(-1), { name: 'session-stopped', detail: { reason: 'idle' } })
})

await t.test('a session ends when one of the tokens it was used with is revoked, also while it starts, and a revoked token starts none', async (t) => {
  const revoked = new Set<string>()
  const { sessions, door } = rig('allow', { isRevoked: ({ tokenId }) => revoked.has(tokenId) })
  const session = await sessions.open(caller, scope)
  await sessions.open({ ...caller, tokenId: 't2' }, scope)
  sessions.endRevoked()
  t.equal(sessions.list().length, 1)
  revoked.add('t1')
  sessions.endRevoked()
  await session.ended
  t.ok(door.entries.some((entry) => entry.kind === 'event' && entry.name === 'session-stopped' && (entry as EventBody).detail['reason'] === 'token-revoked'))
  await t.rejects(sessions.open(caller, scope), { code: 'WEIR_ERR_AUTH_INVALID' })
  const starting = sessions.open({ ...caller, tokenId: 't2' }, scope)
  revoked.add('t2')
  sessions.endRevoked()
  await (await starting).ended
  t.equal(sessions.list().length, 0)
  await sessions.close()
})

await t.test('a call during the stop waits and gets a new session', async (t) => {
  const { sessions } = rig()
  t.teardown(async () => { await sessions.close() })
  const first = await sessions.open(caller, scope)
  const stopping = first.stop('test')
  const second = await sessions.open(caller, scope)
  await stopping
  t.not(second.id, first.id)
})

await t.test('a part that does not start takes the rest down, and the next call tries again', async (t) => {
  let broken = true
  const { sessions, door } = rig('allow', {
    startAskPlane: async () => {
      if (broken) throw new Error('no ask plane')
      return { close: () => {} }
    },
  })
  t.teardown(async () => { await sessions.close() })
  await t.rejects(sessions.open(caller, scope), { code: 'WEIR_ERR_INTERNAL' })
  t.match(door.entries.at(-1), { kind: 'outcome', status: 'failed' })
  broken = false
  t.ok(await sessions.open(caller, scope))
})

await t.test('collections run one after the other, also after one failed, and those that wait are one', async (t) => {
  let inside = 0
  let runs = 0
  const { sessions } = rig('allow', {
    collect: async () => {
      t.equal(inside++, 0)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
      if (runs++ === 0) throw new Error('first fails')
    },
  })
  const session = await sessions.open(caller, scope)
  const [first, ...waited] = await Promise.allSettled([session.collectChanges(), session.collectChanges(), session.collectChanges()])
  t.equal(first.status, 'rejected')
  t.same(waited.map(({ status }) => status), ['fulfilled', 'fulfilled'])
  t.equal(runs, 2)
  await Promise.all([session.collectChanges(), session.collectChanges().then(() => session.collectChanges())])
  t.equal(runs, 5, 'what changed after a run began is for the next one')
  await sessions.close()
  await t.rejects(sessions.open(caller, scope), { code: 'WEIR_ERR_SANDBOX' })
})

await t.test('what is left in a workspace that can not be looked at any more is in the ledger, and the session ends all the same', async (t) => {
  const { sessions, door } = rig('allow', {
    collect: async (_session, { upperDir }, occasion) => {
      if (occasion === 'turn') return
      writeFileSync(join(upperDir, 'lost.js'), 'x')
      throw new Error('the worker is gone')
    },
  })
  const session = await sessions.open(caller, scope)
  await session.collectChanges()
  await session.stop('test')
  t.match(door.entries.filter((entry) => entry.kind === 'event').slice(-2), [{ name: 'changes-lost', session: session.id, detail: { reason: 'test', files: 1, paths: ['lost.js'] } }, { name: 'session-stopped' }])
})

await t.test('links are read and never followed', async (t) => {
  const { sessions } = rig()
  t.teardown(async () => { await sessions.close() })
  const session = await sessions.open(caller, scope)
  const { workspace } = session
  t.equal(workspace.readlink('link'), '/etc/passwd')
  t.equal(workspace.readlink('dir/in'), '../a.txt')
  for (const path of ['a.txt', 'absent', 'a.txt/below', 'link/below', 'dir', '../x', 'dir/../link', '/link', '', 'a\0b']) t.equal(workspace.readlink(path), null, JSON.stringify(path))
  t.equal(readFileSync(join(home, 'lower/a.txt'), 'utf8'), 'a\n')
  await session.stop('test')
  t.throws(() => workspace.readlink('link'), { code: 'ENOENT' }, 'a workspace that is gone is not one without links')
})
