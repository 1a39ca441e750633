import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { foldSeats } from '../../gateway/ledger/seats.ts'
import { beginOf } from '../../gateway/ledger/spending-sums.ts'
import { openSeats } from '../../gateway/open/seats.ts'
import { createSeatCounts, monthOf, type Seat } from '../../gateway/sessions/seat-counts.ts'
import { engineWithSeats, openSeatsGateway, type SeatsGateway } from '../support/seats-stage.ts'
import { testFolder } from '../support/test-folder.ts'

const HOUR_MS = 3_600_000
// The last hour of a month that is over: files are not older than what is in them.
const LAST_HOUR = beginOf('month', Date.now()) - HOUR_MS
const MONTH = monthOf(LAST_HOUR)
const LIMITS = { acme: 2, '*': 1 }
const home = testFolder(t, { policies: {}, data: {}, empty: {} })
const dataDir = join(home, 'data')

const engine = await engineWithSeats(home, LIMITS)
const gateway = async (nowMs = LAST_HOUR, dir = dataDir): Promise<SeatsGateway> => await openSeatsGateway(engine, nowMs, dir)

await t.test('members start sessions while there are seats, and those who have one go on', async (t) => {
  const { start, journal } = await gateway()
  t.equal(await start('alice'), 'allowed')
  t.same(await Promise.all([start('bob'), start('carol'), start('alice'), start('dave')]), ['allowed', 'sessions.seats_taken', 'allowed', 'sessions.seats_taken'], 'the last one is given once')
  t.equal(await start('bob'), 'allowed')
  t.same(await Promise.all(['zoe', 'yan'].map((actor) => start(actor, 'other'))), ['allowed', 'sessions.seats_taken'], 'each organisation has its own')
  t.equal(await start('carol', '__proto__'), 'allowed')
  t.equal(await start('dave', '__proto__'), 'sessions.seats_taken')
  await journal.close()
  t.same((await foldSeats(readEntries(journalDirOf(dataDir)))).rows, [
    { org: '__proto__', month: MONTH, seats: 1, limit: 1, released: 0 }, { org: 'acme', month: MONTH, seats: 2, limit: 2, released: 0 }, { org: 'other', month: MONTH, seats: 1, limit: 1, released: 0 },
  ])
})

await t.test('a gateway that starts again has counted who was there before it decides', async (t) => {
  const { start, journal, seats } = await gateway()
  t.match(seats.use({ actor: { id: 'erin', role: 'author', groups: [], org: 'acme' } }, LAST_HOUR), { limit: 2, used: null, member: false }, 'not before')
  t.same(await Promise.all([start('carol'), start('alice')]), ['sessions.seats_taken', 'allowed'])
  await journal.close()
})

await t.test('with the next month all seats are free, also for a gateway that starts then; a clock that goes back gives nothing away', async (t) => {
  const { start, journal, clock } = await gateway()
  t.equal(await start('carol'), 'sessions.seats_taken')
  clock.nowMs += HOUR_MS
  t.same(await Promise.all([start('carol'), start('dave'), start('alice')]), ['allowed', 'allowed', 'sessions.seats_taken'])
  clock.nowMs -= HOUR_MS
  t.equal(await start('erin'), 'sessions.seats_unknown')
  await journal.close()
  const later = await gateway(LAST_HOUR + HOUR_MS)
  t.same(await Promise.all([later.start('alice'), later.start('dave')]), ['sessions.seats_taken', 'allowed'])
  await later.journal.close()
})

await t.test('a seat whose decision the ledger does not hold is free again', async (t) => {
  const { start, journal, clock } = await gateway(LAST_HOUR, join(home, 'empty'))
  t.equal(await start('alice'), 'allowed')
  clock.fails = true
  t.same(await Promise.all([start('bob'), start('carol'), start('alice')]), Array(3).fill('WEIR_ERR_LEDGER_APPEND'))
  clock.fails = false
  t.same(await Promise.all([start('carol'), start('bob'), start('alice')]), ['allowed', 'sessions.seats_taken', 'allowed'])
  await journal.close()
})

await t.test('a journal that cannot be read counts nobody, and nobody new is let in', async (t) => {
  const dir = join(home, 'empty')
  const { journal, registry } = await gateway(LAST_HOUR, dir)
  const warnings: string[] = []
  const head = { index: journal.head().index + 5, hash: '' }
  const seats = openSeats({ journal: { head: () => head, record: journal.record }, dataDir: dir, registry, limits: () => LIMITS, nowMs: () => LAST_HOUR, onWarning: (message) => { warnings.push(message) } })
  await seats.ready()
  t.match(seats.use({ actor: { id: 'erin', role: 'author', groups: [], org: 'acme' } }, LAST_HOUR), { used: null, member: false })
  t.equal(warnings.length, 1)
  await journal.close()
})

await t.test('a seat counts from when it is taken until it is given back, and for good once it is kept', (t) => {
  const actions = fc.array(fc.record({ actor: fc.constantFrom('a', 'b', 'c'), keep: fc.boolean(), later: fc.boolean() }), { maxLength: 12 })
  fc.assert(fc.property(actions, (starts) => {
    const counts = createSeatCounts()
    const open: Array<{ readonly actor: string, readonly seat: Seat }> = []
    const kept = new Set<string>()
    const person = (id: string): Parameters<typeof counts.seatOf>[0] => ({ id, role: 'author', groups: [], org: 'acme' })
    const agrees = (): boolean => {
      const members = new Set([...kept, ...open.map(({ actor }) => actor)])
      return ['a', 'b', 'c'].every((id) => {
        const count = counts.count(person(id), LAST_HOUR)
        return count?.used === members.size && count.member === members.has(id)
      })
    }
    return starts.every(({ actor, keep, later }) => {
      const seat = counts.seatOf(person(actor), LAST_HOUR)
      seat.take()
      if (keep) {
        seat.keep()
        kept.add(actor)
      }
      if (later) open.push({ actor, seat })
      else seat.giveBack()
      return agrees()
    }) && open.splice(0).every(({ seat }) => {
      seat.giveBack()
      return true
    }) && agrees()
  }))
  t.equal(monthOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999)), '2026-12')
  t.end()
})
