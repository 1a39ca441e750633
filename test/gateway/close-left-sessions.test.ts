import { existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { closeLeftSessions } from '../../gateway/close-left-sessions.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { openJournal } from '../../gateway/ledger/journal.ts'
import { readEntries } from '../../gateway/ledger/read-entries.ts'
import { foldUsage } from '../../gateway/ledger/usage.ts'
import { openRunMarks, readRunMarks, type RunMark } from '../../gateway/sessions/run-marks.ts'
import { ALICE, BOB, plainEvent } from './ledger/bodies.ts'
import { testFolder } from '../support/test-folder.ts'

const START = Date.UTC(2026, 10, 21, 12)
const RATES = { milliPerContainerSecond: 1_000, milliPerSessionSecond: 100 }

async function world (t: Test) {
  const dir = testFolder(t)
  const [file, journalDir] = [join(dir, 'running.json'), join(dir, 'journal')]
  const clock = { nowMs: START }
  const journal = await openJournal({ dir: journalDir, nowMs: () => clock.nowMs, onWarning: (message) => { throw new Error(message) } })
  t.teardown(() => journal.close())
  const warnings: string[] = []
  return {
    file,
    journal,
    clock,
    warnings,
    mark: (session: string, context = ALICE): RunMark => ({ session, entry: 0, context, startedAtMs: START, containerFromMs: START + 2_000, upperDir: join(dir, 'upper', session), collectedAtMs: START }),
    dir,
    close: () => closeLeftSessions({ file, journal, journalDir, rates: RATES, nowMs: () => clock.nowMs, onWarning: (message) => { warnings.push(message) } }),
    async stops (): Promise<LedgerEntry[]> {
      const found: LedgerEntry[] = []
      for await (const entry of readEntries(journalDir)) if (entry.kind === 'event' && entry.name === 'session-stopped') found.push(entry)
      return found
    },
    usage: () => foldUsage(readEntries(journalDir), ['actor', 'org', 'group']),
  }
}

function touchAt (file: string, ms: number): void {
  utimesSync(file, new Date(ms), new Date(ms))
}

await t.test('a session whose gateway was killed is charged up to the last sign of life, and marked as estimated', async (t) => {
  const { file, journal, clock, mark, close, stops, usage } = await world(t)
  const marks = openRunMarks(file, (error) => { throw error })
  marks.add(mark('wses_alice'))
  marks.close()
  await journal.append(plainEvent('session-started', {}, ALICE))
  touchAt(file, START + 60_000)
  clock.nowMs = START + 3_600_000
  await close()
  t.match(await stops(), [{ actor: ALICE.actor.id, app: 'shop', environment: 'DEV', session: 'wses_alice', detail: { sessionSeconds: 60, containerSeconds: 58, milliCredits: 64_000, estimated: true, reason: 'gateway-killed' } }])
  t.match(await usage(), [{ group: { actor: ALICE.actor.id, org: 'acme', group: 'payments' }, sessions: 1, estimatedSessions: 1, sessionSeconds: 60, milliCredits: 64_000, costNanoUsd: 0 }])
  t.notOk(existsSync(file))
  await close()
  t.equal((await stops()).length, 1, 'and once only')
})

await t.test('a collection is written down after whoever waits for it was answered, with the next mark or at the close at the latest', async (t) => {
  const { file, mark } = await world(t)
  const marks = openRunMarks(file, (error) => { throw error })
  const written = (): unknown => readRunMarks(file)?.marks.map(({ session, collectedAtMs }) => [session, collectedAtMs])
  marks.add(mark('wses_alice'))
  marks.collected('wses_alice', START + 1)
  t.same(written(), [['wses_alice', START]])
  marks.add(mark('wses_bob', BOB))
  t.same(written(), [['wses_alice', START + 1], ['wses_bob', START]])
  marks.collected('wses_bob', START + 2)
  marks.collected('wses_alice', START + 3)
  marks.close()
  t.same(written(), [['wses_alice', START + 3], ['wses_bob', START + 2]])
})

await t.test('an entry of the session is a sign of life too, and a clock that stepped back is none', async (t) => {
  const { file, journal, clock, mark, close, stops } = await world(t)
  const marks = openRunMarks(file, (error) => { throw error })
  marks.add(mark('wses_alice'))
  marks.add(mark('wses_bob', BOB))
  marks.close()
  clock.nowMs = START + 90_000
  await journal.append(plainEvent('changes-committed', {}, ALICE))
  touchAt(file, START - 5_000)
  clock.nowMs = START + 100_000
  await close()
  t.match((await stops()).map((entry) => entry.kind === 'event' ? entry.detail['sessionSeconds'] : null).sort(), [0, 90])
})

await t.test('a session whose end is in the ledger is not charged again', async (t) => {
  const { file, journal, clock, mark, close, stops } = await world(t)
  const marks = openRunMarks(file, (error) => { throw error })
  marks.add(mark('wses_alice'))
  marks.close()
  await journal.append(plainEvent('session-stopped', { sessionSeconds: 1, containerSeconds: 1, milliCredits: 1_100, reason: 'idle' }, ALICE))
  await journal.append(plainEvent('changes-committed', {}, ALICE))
  clock.nowMs = START + 10_000
  await close()
  t.equal((await stops()).length, 1)
})

await t.test('what such a session had changed since its last look is in the ledger: how much, some names, and nothing of what it held', async (t) => {
  const { dir, file, journal, mark, close } = await world(t)
  const marks = openRunMarks(file, (error) => { throw error })
  for (const session of ['wses_alice', 'wses_gone', 'wses_idle']) marks.add({ ...mark(session), collectedAtMs: 0 })
  mkdirSync(join(dir, 'upper', 'wses_alice', 'src'), { recursive: true })
  for (const folder of ['.git', 'node_modules/a']) mkdirSync(join(dir, 'upper', 'wses_alice', folder), { recursive: true })
  for (const name of ['.git/HEAD', 'node_modules/a/index.js', 'src/über.js', 'a\nb', ...Array.from({ length: 28 }, (_, at) => `src/${at}.js`)]) writeFileSync(join(dir, 'upper', 'wses_alice', name), 'secret-content')
  mkdirSync(join(dir, 'upper', 'wses_idle'))
  writeFileSync(join(dir, 'upper', 'wses_idle', 'committed.js'), 'x')
  marks.collected('wses_idle', Date.now() + 60_000)
  marks.close()
  await close()
  const found: LedgerEntry[] = []
  for await (const entry of readEntries(join(dir, 'journal'))) if (entry.kind === 'event' && entry.name === 'changes-lost') found.push(entry)
  const lost = found.flatMap((entry) => entry.kind === 'event' ? [[entry.session, entry.detail['files'], (entry.detail['paths'] as string[]).length]] : [])
  t.same(lost.sort(), [['wses_alice', 30, 20], ['wses_gone', null, 0]])
  t.notMatch(JSON.stringify(found), /secret-content|node_modules|\.git/)
  t.ok(journal)
})

await t.test('what is no list of sessions charges nobody and keeps no gateway from starting', async (t) => {
  const { file, warnings, close, stops } = await world(t)
  writeFileSync(file, '{"cut off')
  await close()
  t.equal((await stops()).length, 0)
  t.equal(warnings.length, 1)
})

await t.test('the list is for its owner alone, and gone when nothing runs', async (t) => {
  const { file, mark } = await world(t)
  const marks = openRunMarks(file, (error) => { throw error })
  marks.add(mark('wses_alice'))
  marks.add(mark('wses_bob', BOB))
  t.equal(statSync(file).mode & 0o777, 0o600)
  marks.remove('wses_alice')
  t.match(readRunMarks(file)?.marks, [{ session: 'wses_bob' }])
  marks.remove('wses_bob')
  t.notOk(existsSync(file))
  marks.close()
})

t.end()
