import { join } from 'node:path'
import t from 'tap'
import type { Actor } from '../../gateway/core/actor.ts'
import { openTokenRegistry } from '../../gateway/identity/token-registry.ts'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { foldSeats } from '../../gateway/ledger/seats.ts'
import { beginOf } from '../../gateway/ledger/spending-sums.ts'
import { monthOf } from '../../gateway/sessions/seat-counts.ts'
import { engineWithSeats, openSeatsGateway, type SeatsGateway } from '../support/seats-stage.ts'
import { testFolder } from '../support/test-folder.ts'

const DAY_MS = 86_400_000
// A month that is over: files are not older than what is in them.
const BEGIN = beginOf('month', beginOf('month', Date.now()) - DAY_MS)
const MONTH = monthOf(BEGIN)
const home = testFolder(t, { policies: {} })
const engine = await engineWithSeats(home, { acme: { max: 2, release_after_days: 7 }, one: { max: 1, release_after_days: 1 }, fixed: 1 })
const person = (id: string, org = 'acme'): Actor => ({ id, role: 'author', groups: [], org })

/** Gateways one after the other on the same files. */
function place (name: string): { readonly dir: string, open (nowMs: number): Promise<SeatsGateway>, told (): Promise<unknown[]> } {
  const dir = join(home, name)
  return {
    dir,
    open: async (nowMs) => await openSeatsGateway(engine, nowMs, dir),
    async told () {
      const seen: unknown[] = []
      for await (const entry of readEntries(journalDirOf(dir))) if (entry.kind === 'event' && entry.name.startsWith('seat-')) seen.push([entry.name, entry.actor, entry.detail['why'] ?? null, entry.detail['idleDays'] ?? null])
      return seen
    },
  }
}

await t.test('a seat without a session for the days of the rule goes to the next who asks, and not a moment before', async (t) => {
  const { dir, open, told } = place('idle')
  const { start, journal, clock } = await open(BEGIN)
  t.same([await start('alice'), await start('alice')], ['allowed', 'allowed'])
  clock.nowMs += DAY_MS
  t.equal(await start('bob'), 'allowed')
  clock.nowMs = BEGIN + 7 * DAY_MS - 1
  t.equal(await start('carol'), 'sessions.seats_taken')
  clock.nowMs += 1
  t.same(await Promise.all([start('carol'), start('dave')]), ['allowed', 'sessions.seats_taken'], 'one seat is given once')
  t.same([await start('alice'), await start('bob')], ['sessions.seats_taken', 'allowed'], 'who was away has no more right than others')
  await journal.close()
  const TOLD = [['seat-taken', 'alice', null, null], ['seat-taken', 'bob', null, null], ['seat-released', 'alice', 'idle', 7], ['seat-taken', 'carol', null, null]]
  t.same(await told(), TOLD)

  const again = await open(BEGIN + 8 * DAY_MS)
  t.same(await Promise.all([again.start('alice'), again.start('carol'), again.start('bob')]), ['sessions.seats_taken', 'allowed', 'allowed'], 'a start of the gateway forgets neither')
  await again.journal.close()
  t.same(await told(), TOLD, 'and tells nothing twice')
  t.match(await foldSeats(readEntries(journalDirOf(dir))), {
    rows: [{ org: 'acme', month: MONTH, seats: 3, limit: 2, released: 1 }],
    members: [
      { actor: 'alice', takenMs: BEGIN, lastMs: BEGIN, releases: 1, releasedMs: BEGIN + 7 * DAY_MS, why: 'idle' },
      { actor: 'bob', takenMs: BEGIN + DAY_MS, releases: 0, releasedMs: null, why: null },
      { actor: 'carol', releasedMs: null },
    ],
  })
})

await t.test('a running session keeps its seat, and the days count from its end', async (t) => {
  const { start, seats, journal, clock } = await place('running').open(BEGIN)
  t.equal(await start('alice', 'one'), 'allowed')
  const leave = seats.enter(person('alice', 'one'))
  clock.nowMs += 5 * DAY_MS
  t.equal(await start('bob', 'one'), 'sessions.seats_taken')
  leave()
  t.equal(await start('bob', 'one'), 'sessions.seats_taken')
  clock.nowMs += DAY_MS
  t.equal(await start('bob', 'one'), 'allowed')
  t.equal(await start('erin', 'fixed'), 'allowed')
  clock.nowMs += 10 * DAY_MS
  t.equal(await start('fay', 'fixed'), 'sessions.seats_taken', 'a bare number releases nothing')
  await journal.close()
})

await t.test('the end of a session counts for a gateway that starts later too', async (t) => {
  const { open } = place('ended')
  const { start, journal, clock } = await open(BEGIN)
  t.equal(await start('alice', 'one'), 'allowed')
  clock.nowMs += 3 * DAY_MS
  await journal.append({ kind: 'event', name: 'session-stopped', actor: 'alice', app: 'shop', environment: 'DEV', session: 'wses_1', detail: { org: 'one' } })
  await journal.close()
  const again = await open(clock.nowMs + DAY_MS - 1)
  t.equal(await again.start('bob', 'one'), 'sessions.seats_taken')
  again.clock.nowMs += 1
  t.equal(await again.start('bob', 'one'), 'allowed')
  await again.journal.close()
})

await t.test('a clock that goes back makes nobody idle', async (t) => {
  const { start, journal, clock } = await place('back').open(BEGIN + 9 * DAY_MS)
  t.equal(await start('alice', 'one'), 'allowed')
  clock.nowMs -= 8 * DAY_MS
  t.equal(await start('bob', 'one'), 'sessions.seats_taken')
  clock.nowMs += 8 * DAY_MS
  t.equal(await start('bob', 'one'), 'sessions.seats_taken')
  await journal.close()
})

await t.test('who is revoked or put out has no seat from then on, and may take one again while there is room', async (t) => {
  const { open, told } = place('revoked')
  const { start, journal, registry, clock } = await open(BEGIN + DAY_MS)
  t.same([await start('alice'), await start('bob'), await start('carol')], ['allowed', 'allowed', 'sessions.seats_taken'])
  clock.nowMs += 1_000
  registry.add({ leftGroup: 'payments', actor: 'alice', atMs: clock.nowMs }, { revoked: 't9', atMs: clock.nowMs }, { stateOf: 'alice', active: true, atMs: clock.nowMs })
  t.equal(await start('carol'), 'sessions.seats_taken', 'less than all of an actor\'s tokens takes no seat')
  registry.add({ revokedActor: 'alice', beforeMs: clock.nowMs, atMs: clock.nowMs })
  registry.add({ stateOf: 'bob', active: false, atMs: clock.nowMs }, { stateOf: 'nobody', active: false, atMs: clock.nowMs })
  clock.nowMs += 1_000
  t.same([await start('alice'), await start('carol'), await start('bob')], ['allowed', 'allowed', 'sessions.seats_taken'])
  registry.add({ revokedActor: 'alice', beforeMs: clock.nowMs - 500, atMs: clock.nowMs - 500 })
  t.equal(await start('bob'), 'sessions.seats_taken', 'a revocation that arrives late takes no seat that was taken after it')
  clock.nowMs -= 60_000
  registry.add({ revokedActor: 'carol', beforeMs: clock.nowMs, atMs: clock.nowMs })
  t.equal(await start('bob'), 'allowed', 'the clock went back, and the revocation counts')
  await journal.close()
  const TOLD = [
    ['seat-taken', 'alice', null, null], ['seat-taken', 'bob', null, null], ['seat-released', 'alice', 'revoked', null], ['seat-released', 'bob', 'deactivated', null],
    ['seat-taken', 'alice', null, null], ['seat-taken', 'carol', null, null], ['seat-released', 'carol', 'revoked', null], ['seat-taken', 'bob', null, null],
  ]
  t.same(await told(), TOLD)
  const again = await open(BEGIN + DAY_MS + 10_000)
  t.same([await again.start('carol'), await again.start('bob'), await again.start('alice')], ['sessions.seats_taken', 'allowed', 'allowed'])
  await again.journal.close()
  t.same(await told(), TOLD)
})

await t.test('a revocation while no gateway runs releases the seat at the next start, once', async (t) => {
  const { dir, open, told } = place('away')
  const { start, journal } = await open(BEGIN)
  t.same([await start('alice'), await start('bob')], ['allowed', 'allowed'])
  await journal.close()
  openTokenRegistry(join(dir, 'tokens.jsonl')).add({ revokedActor: 'bob', beforeMs: BEGIN + 5, atMs: BEGIN + 5 })
  for (const start of [1, 2]) {
    const later = await open(BEGIN + start * 1_000)
    t.equal(await later.start('carol'), 'allowed')
    t.equal(await later.start('dave'), 'sessions.seats_taken')
    await later.journal.close()
  }
  t.match((await told()).slice(2), [['seat-released', 'bob', 'revoked'], ['seat-taken', 'carol']])
  t.equal((await told()).length, 4)
})

await t.test('a seat that is freed while its decision is written stays free', async (t) => {
  const { open, told } = place('meanwhile')
  const { start, journal, registry } = await open(BEGIN)
  t.equal(await start('bob'), 'allowed')
  const starting = start('alice')
  // The decision is made in a later turn, and written after it.
  await new Promise((resolve) => { setImmediate(resolve) })
  registry.add({ revokedActor: 'alice', beforeMs: BEGIN, atMs: BEGIN })
  await starting
  t.equal(await start('carol'), 'allowed')
  await journal.close()
  t.same(await told(), [['seat-taken', 'bob', null, null], ['seat-released', 'alice', 'revoked', null], ['seat-taken', 'carol', null, null]])
})

await t.test('when the limit was lowered, as many seats are released as bring the new member below it, or none', async (t) => {
  const { dir, open, told } = place('lowered')
  const { start, journal, clock } = await open(BEGIN)
  t.equal(await start('alice'), 'allowed')
  clock.nowMs += 3 * DAY_MS
  t.equal(await start('bob'), 'allowed')
  await journal.close()
  // The gateway hands rules the limit; the days that they compare with stay as they are.
  const lowered = { ...engine, data: () => ({ ...engine.data(), seats: { acme: { max: 1, release_after_days: 7 } } }) }
  const later = await openSeatsGateway(lowered, BEGIN + 9 * DAY_MS, dir)
  t.equal(await later.start('carol'), 'sessions.seats_taken', 'one of the two was there six days ago')
  t.match(later.seats.use({ actor: person('alice') }, later.clock.nowMs), { limit: 1, used: 2, member: true, idle_days: null })
  later.clock.nowMs += DAY_MS
  t.equal(await later.start('carol'), 'allowed')
  t.match(later.seats.use({ actor: person('alice') }, later.clock.nowMs), { limit: 1, used: 1, member: false, idle_days: 0 })
  await later.journal.close()
  t.same((await told()).slice(2), [['seat-released', 'alice', 'idle', 10], ['seat-released', 'bob', 'idle', 7], ['seat-taken', 'carol', null, null]])
})

await t.test('a release is for good, also when the decision that asked for it could not be written', async (t) => {
  const { start, seats, journal, clock } = await place('unwritten').open(BEGIN)
  t.same([await start('alice'), await start('bob')], ['allowed', 'allowed'])
  clock.nowMs += 7 * DAY_MS
  clock.fails = true
  t.equal(await start('carol'), 'WEIR_ERR_LEDGER_APPEND')
  clock.fails = false
  t.match(seats.use({ actor: person('zoe') }, clock.nowMs), { used: 1, idle_days: null })
  t.equal(await start('alice'), 'allowed')
  await journal.close()
})
