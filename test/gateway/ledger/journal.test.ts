import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { MAX_ENTRY_BYTES } from '../../../gateway/ledger/entry-line.ts'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { readEntries } from '../../../gateway/ledger/read-entries.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { ALICE, decided, decisionBody, governWith, plainEvent } from './bodies.ts'
import { WITHOUT_RUNNER } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const FIRST_SEGMENT = '00000000000000000000.jsonl'

async function opened (dir: string, segmentBytes?: number): Promise<Journal & { warnings: string[] }> {
  const warnings: string[] = []
  const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { warnings.push(message) }, ...(segmentBytes === undefined ? {} : { segmentBytes }) })
  return Object.assign(journal, { warnings })
}

async function entriesOf (dir: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of readEntries(dir)) entries.push(entry)
  return entries
}

await t.test('entries appended together get indexes without gaps and one chain', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  const indexes = await Promise.all(Array.from({ length: 500 }, () => journal.append(decisionBody('deny'))))
  t.same(indexes, Array.from({ length: 500 }, (_, index) => index))
  t.equal(journal.head().index, 499)
  await journal.close()
  const report = await verifyJournal(dir)
  t.match(report, { ok: true, entries: 500, lastIndex: 499, headHash: journal.head().hash, decisions: { deny: 500 }, tail: 'complete' })
})

await t.test('what comes in the turn in which a group became durable goes into one group with what waited for it', async (t) => {
  const journal = await opened(join(testFolder(t), 'journal'))
  const groups: number[] = []
  journal.onAppend(({ index }) => { groups.push(index) })
  const first = journal.append(plainEvent('first'))
  await new Promise((resolve) => { setImmediate(resolve) }) // the first one is being written
  const second = journal.append(plainEvent('second'))
  await first
  await Promise.all([second, journal.append(plainEvent('third'))])
  t.same(groups, [0, 2])
  await journal.close()
})

await t.test('folder and files are for the owner alone', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  t.equal(statSync(dir).mode & 0o777, 0o700)
  for (const name of readdirSync(dir)) t.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name)
  await journal.close()
})

await t.test('a reopened journal goes on with the same chain', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const first = await opened(dir)
  await first.append(plainEvent('first'))
  await first.close()
  const second = await opened(dir)
  t.equal(second.recovery, null)
  t.equal(await second.append(plainEvent('second')), 1)
  await second.close()
  t.match(await verifyJournal(dir), { ok: true, entries: 2 })
})

await t.test('segments rotate at their size, and a start reads on from the last one', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir, 4_000)
  const govern = governWith(journal, decided('allow'))
  const { permit } = await govern({ kind: 'session' }, ALICE)
  for (let count = 0; count < 40; count += 1) await journal.append(plainEvent('filler', { count }))
  t.ok(readdirSync(dir).filter((name) => name.endsWith('.jsonl')).length > 2)
  if (permit !== null) journal.settle(permit, 'done', {})
  await journal.close()
  t.match(await verifyJournal(dir), { ok: true, entries: 42, unsettled: 0 })
  const again = await opened(dir, 4_000)
  t.equal(again.head().index, 41)
  await again.close()
})

await t.test('an open decision is carried over segments and closed as unknown at the next start', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir, 2_000)
  await journal.append(decisionBody('allow'))
  for (let count = 0; count < 20; count += 1) await journal.append(plainEvent('filler', { count }))
  await journal.close()
  t.equal((await verifyJournal(dir)).unsettled, 1)
  await (await opened(dir)).close()
  t.match((await entriesOf(dir)).at(-1), { kind: 'outcome', of: 0, status: 'unknown' })
  t.equal((await verifyJournal(dir)).unsettled, 0)
})

await t.test('a pending and a denied decision await no outcome', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  await Promise.all([journal.append(decisionBody('pending')), journal.append(decisionBody('deny'))])
  await journal.close()
  await (await opened(dir)).close()
  t.equal((await entriesOf(dir)).length, 2)
})

await t.test('the first outcome of a decision counts, a second is refused with a warning', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  const { permit } = await governWith(journal, decided('allow'))({ kind: 'session' }, ALICE)
  if (permit === null) throw new Error('the policy allows')
  journal.settle(permit, 'failed', { code: 7 })
  journal.settle(permit, 'done', {})
  await journal.close()
  t.match((await entriesOf(dir)).slice(1), [{ kind: 'outcome', of: 0, status: 'failed', detail: { code: 7 } }])
  t.equal(journal.warnings.length, 1)
})

await t.test('beyond the limit of open decisions the oldest is closed as unknown', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) }, maxOpen: 3 })
  for (let count = 0; count < 5; count += 1) await journal.append(decisionBody('allow'))
  await journal.close()
  t.equal((await verifyJournal(dir)).unsettled, 3)
  t.match((await entriesOf(dir)).filter(({ kind }) => kind === 'outcome'), [{ of: 0, status: 'unknown' }, { of: 1, status: 'unknown' }])
})

await t.test('of processes that meet stale locks, one at a time takes over', async (t) => {
  const dir = testFolder(t)
  const racers = Array.from({ length: 4 }, () => {
    return spawn(process.execPath, [new URL('./lock-racer.js', import.meta.url).pathname, dir, '150'], { stdio: ['pipe', 'pipe', 'inherit'] })
  })
  await Promise.all(racers.map(({ stdout }) => once(stdout, 'data')))
  const ends = racers.map(async (racer) => {
    const said = text(racer.stdout)
    racer.stdin.write('go')
    const [code] = await once(racer, 'close')
    return { code, alone: Number(await said) }
  })
  const results = await Promise.all(ends)
  t.same(results.map(({ code }) => code), [0, 0, 0, 0])
  t.ok(results.reduce((sum, { alone }) => sum + alone, 0) >= 150)
  t.same(readdirSync(dir), ['lock'], 'nothing is left behind')
})

await t.test('a second writer is refused while the first lives, also in the same process', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  await t.rejects(opened(dir), { code: 'WEIR_ERR_LEDGER_LOCKED' })
  await journal.close()
  await (await opened(dir)).close()
})

await t.test('the lock of a dead process, of a reused pid, and a torn lock are taken over', async (t) => {
  const { pid } = spawnSync('true')
  for (const left of [JSON.stringify({ pid, startTime: '1' }), JSON.stringify({ pid: process.pid, startTime: '1' }), '']) {
    const dir = testFolder(t, { lock: left })
    const journal = await opened(dir)
    await journal.close()
    t.same(readdirSync(dir), [FIRST_SEGMENT], 'no lock is left behind')
  }
})

await t.test('a torn tail is cut off, kept in a file, and recorded', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  await journal.append(plainEvent('whole'))
  await journal.append(plainEvent('torn'))
  await journal.close()
  const file = join(dir, FIRST_SEGMENT)
  const before = readFileSync(file)
  truncateSync(file, before.length - 10)
  t.match(await verifyJournal(dir), { ok: true, entries: 1, tail: 'incomplete' })
  const again = await opened(dir)
  const { recovery } = again
  if (recovery === null) throw new Error('a recovery is reported')
  t.same(readFileSync(join(dir, recovery.savedTo)), before.subarray(recovery.offset, before.length - 10))
  t.equal(statSync(join(dir, recovery.savedTo)).mode & 0o777, 0o600)
  await again.close()
  t.match(await entriesOf(dir), [{ name: 'whole' }, { name: 'journal-recovered', detail: { bytes: recovery.bytes } }])
  t.match(await verifyJournal(dir), { ok: true, entries: 2, tail: 'complete' })
})

await t.test('a tail of zeros, as a power cut leaves it, is cut off too', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  await journal.append(plainEvent('whole'))
  await journal.close()
  appendFileSync(join(dir, FIRST_SEGMENT), Buffer.alloc(5 * 1024 * 1024))
  const again = await opened(dir)
  t.match(again.recovery, { bytes: 5 * 1024 * 1024 })
  await again.close()
  t.match(await verifyJournal(dir), { ok: true, entries: 2 })
})

await t.test('a bad line with good ones after it stops the start, naming file and line', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  for (const name of ['one', 'two', 'three']) await journal.append(plainEvent(name))
  await journal.close()
  const file = join(dir, FIRST_SEGMENT)
  writeFileSync(file, readFileSync(file, 'utf8').replace('"two"', '"too"'))
  const before = readFileSync(file)
  await t.rejects(opened(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /00000000000000000000\.jsonl, line 3/ })
  t.same(readFileSync(file), before, 'nothing is changed')
  t.match(await verifyJournal(dir), { ok: false, firstBad: { index: 1, line: 3 } })
  t.notOk(readdirSync(dir).includes('lock'), 'the lock is given back')
})

await t.test('an entry taken out of the middle is found although each line is sound', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  for (const name of ['one', 'two', 'three']) await journal.append(plainEvent(name))
  await journal.close()
  const file = join(dir, FIRST_SEGMENT)
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').filter((line) => !line.includes('"two"')).join('\n'))
  t.match(await verifyJournal(dir), { ok: false, firstBad: { index: 1, problem: 'the index is 2 where 1 comes next' } })
  await t.rejects(opened(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT' })
})

await t.test('an entry over the limit, and one that is no JSON, are refused and leave no trace', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const journal = await opened(dir)
  await t.rejects(journal.append(plainEvent('huge', { text: 'x'.repeat(MAX_ENTRY_BYTES) })), { code: 'WEIR_ERR_LEDGER_APPEND' })
  await t.rejects(journal.append(plainEvent('odd', { big: 1n })), { code: 'WEIR_ERR_LEDGER_APPEND' })
  journal.record(plainEvent('kept', { text: 'x'.repeat(MAX_ENTRY_BYTES) }))
  t.equal(await journal.append(plainEvent('small')), 1)
  await journal.close()
  t.match(await entriesOf(dir), [{ name: 'kept', detail: { omitted: /detail/ } }, { name: 'small' }])
})

await t.test('a closed journal refuses', async (t) => {
  const journal = await opened(join(testFolder(t), 'journal'))
  await journal.close()
  await t.rejects(journal.append(plainEvent('late')), { code: 'WEIR_ERR_LEDGER_APPEND' })
})

await t.test('a listener that throws does not fail the append', async (t) => {
  const journal = await opened(join(testFolder(t), 'journal'))
  journal.onAppend(() => { throw new Error('mine') })
  t.equal(await journal.append(plainEvent('one')), 0)
  await journal.close()
  t.equal(journal.warnings.length, 1)
})

await t.test('on a full disk every waiting append is refused and what was accepted is read, and the chain goes on when there is room, without a start', async (t) => {
  const dir = join(testFolder(t), 'journal')
  // ulimit -f is in blocks of 1024 bytes; Node ignores SIGXFSZ, so the write ends short and then fails with EFBIG.
  const script = `${WITHOUT_RUNNER}ulimit -S -f 40; exec "${process.execPath}" "${new URL('./journal-full-disk.js', import.meta.url).pathname}" "${dir}"`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const { accepted, refused, codes, warnings, isFailing, readable, again, stillFails } = JSON.parse(stdout) as { accepted: number[], refused: number, codes: string[], warnings: string[], isFailing: boolean, readable: number, again: number, stillFails: boolean }
  t.ok(accepted.length > 0 && refused > 0 && isFailing)
  t.equal(readable, accepted.length)
  t.same({ again, stillFails }, { again: accepted.length, stillFails: false })
  t.same(warnings, ['the ledger could not be written; nothing takes effect until it can', 'the ledger can be written again'])
  t.same(codes, ['WEIR_ERR_LEDGER_APPEND'])
  const report = await verifyJournal(dir)
  t.match(report, { ok: true, tail: 'complete', entries: accepted.length + 1 })
  const journal = await opened(dir)
  t.equal(journal.recovery, null, 'nothing of the refused entries is in the file')
  t.equal(await journal.append(plainEvent('after a start')), accepted.length + 1)
  await journal.close()
  t.ok((await verifyJournal(dir)).ok)
})

await t.test('errors of the journal are GatewayErrors that an edge answers with 503', async (t) => {
  const journal = await opened(join(testFolder(t), 'journal'))
  const error = await journal.append(plainEvent('odd', { big: 1n })).catch((thrown: unknown) => thrown)
  t.ok(error instanceof GatewayError && error.statusCode === 503)
  await journal.close()
})
