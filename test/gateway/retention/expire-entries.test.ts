import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { CommandFailed, processIo } from '../../../gateway/cli/io.ts'
import { expiryIn } from '../../../gateway/ledger/tombstone.ts'
import { openHashTail } from '../../../gateway/ledger/hash-tail.ts'
import { readEntries } from '../../../gateway/ledger/read-entries.ts'
import { listSegments } from '../../../gateway/ledger/segment.ts'
import { openSieve } from '../../../gateway/ledger/sieve.ts'
import { openTail } from '../../../gateway/ledger/tail.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { openStore } from '../../../gateway/store/store.ts'
import { exportLedger } from '../../../gateway/transparency/export-ledger.ts'
import { logDirOf, noteKeyOf } from '../../../gateway/transparency/log-place.ts'
import { verifierKey, type NoteKey } from '../../../gateway/transparency/signed-note.ts'
import { verifyExport } from '../../../gateway/transparency/verify-export.ts'
import { verifyLog } from '../../../gateway/transparency/verify-log.ts'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { newKey } from '../transparency/signed-ledger.ts'
import { BEGIN_MS, DAY_MS, expire, linesOf, oldLedger, RULES } from './old-ledger.ts'

const DAYS = 120
const NOW_MS = BEGIN_MS + (DAYS + 10) * DAY_MS
const SCRIPT = join(packageRoot(), 'examples', 'verify-ledger', 'verify-ledger.mjs')
const { verifyLedger } = await import(pathToFileURL(SCRIPT).href) as { verifyLedger (options: { path: string, key: string, kept?: readonly string[] }): { ok: boolean, index: number | null, last: number | null, problem: string | null } }

const folder = testFolder(t)
const key = newKey()
const base = join(folder, 'base')
await oldLedger(base, key, DAYS)
const before = await linesOf(base)
const kept = [readFileSync(join(logDirOf(base), 'checkpoint'), 'utf8')]
const noteKey = await noteKeyOf(base, join(base, 'journal')) as NoteKey

function copy (name: string): string {
  const dir = join(folder, name)
  cpSync(base, dir, { recursive: true, preserveTimestamps: true })
  return dir
}

/** What the three verifiers say: that of the chain, that of the signature, and the one that shares no code with them. */
async function verified (dir: string): Promise<{ ok: boolean, index: number | null, last: number | null, expired: number }> {
  const journalDir = join(dir, 'journal')
  const { ok, firstBad, expired } = await verifyJournal(journalDir)
  const { problem } = await verifyLog({ dir: logDirOf(dir), journalDir, key: noteKey, kept })
  const alone = verifyLedger({ path: dir, key: verifierKey(noteKey), kept })
  const index = firstBad?.index ?? problem?.index ?? null
  const last = firstBad?.last ?? firstBad?.index ?? problem?.last ?? null
  t.match(alone, { ok: ok && problem === null, index, last }, `the stand-alone script says the same: ${alone.problem}`)
  return { ok: ok && problem === null, index, last, expired: expired.entries }
}

await t.test('what is old expires: its content goes, every hash stays, and all proofs hold against a checkpoint of before', async (t) => {
  const dir = copy('expired')
  const journalDir = join(dir, 'journal')
  const readers = { tail: openTail(journalDir, 0), sieve: openSieve(journalDir, 0, ({ name }) => name === 'filler'), hashes: openHashTail(journalDir, 0) }
  await readers.tail.read({ upTo: 2, maxEntries: 3, maxBytes: 1e6 })
  await readers.sieve.read(2, 1)
  await readers.hashes.read(2)
  const forgotten: number[] = []
  const report = await expire(dir, key, { nowMs: NOW_MS, effects: { forget: async (_, indexes) => { forgotten.push(...indexes) } } })
  t.ok(report.entries > 30, `${report.entries} entries`)
  const after = await linesOf(dir)
  t.same(after.slice(0, before.length).map((line) => line.slice(0, 64)), before.map((line) => line.slice(0, 64)))
  const tombstones = after.flatMap((line, index) => line.startsWith(' {"tombstone"', 64) ? [index] : [])
  t.same(tombstones, forgotten)
  t.equal(tombstones.length, report.entries)
  const fresh = before.findIndex((line) => Number(/"time":(\d+)/.exec(line)?.[1]) > NOW_MS - 40 * DAY_MS)
  t.ok(tombstones.every((index) => index < fresh && before[index]?.includes('"kind":"event"') === false && !after[index]?.includes('src/cart.ts')))
  t.match(await verified(dir), { ok: true, expired: report.entries })

  const said: number[] = []
  const left: number[] = []
  for await (const entry of readEntries(journalDir)) {
    left.push(entry.index)
    if (expiryIn(entry) !== null) said.push(entry.index)
  }
  t.same(left, after.flatMap((_, index) => tombstones.includes(index) ? [] : [index]))
  t.equal(said.length, report.segments)

  // Readers that stood in the middle of a segment go on in the file that took its place.
  t.equal((await readers.tail.read({ upTo: 5, maxEntries: 1, maxBytes: 1 }))[0]?.index, 3)
  t.same(await readers.hashes.read(3), Buffer.from((before[3] ?? '').slice(0, 64), 'hex'))
  t.match(await readers.sieve.read(20, 1), [{ name: 'filler', index: 3 }])

  t.match(await expire(dir, key, { nowMs: NOW_MS }), { entries: 0, segments: 0 }, 'a second run finds nothing')

  const path = join(folder, 'export')
  let text = ''
  for await (const part of exportLedger({ dir: logDirOf(dir), journalDir, key: noteKey, filter: {} })) text += part
  writeFileSync(path, text)
  t.match(await verifyExport({ path, key: noteKey, kept }), { ok: true })
  t.match(verifyLedger({ path, key: verifierKey(noteKey), kept }), { ok: true })
  const unsaid = text.split('\n').filter((line) => !line.includes('"entries-expired"')).join('\n')
  writeFileSync(path, unsaid)
  t.match(await verifyExport({ path, key: noteKey }), { ok: false })
})

await t.test('each environment and kind goes by its own age, and twice in a segment', async (t) => {
  const dir = copy('by-kind')
  const rules = RULES.filter(({ environment, kind }) => environment === 'DEV' && kind === 'decision')
  const first = await expire(dir, key, { nowMs: NOW_MS, rules })
  t.ok(first.entries > 5)
  const gone = (await linesOf(dir)).flatMap((line, index) => line.includes(' {"tombstone"') ? [before[index] ?? ''] : [])
  t.ok(gone.every((line) => line.includes('"kind":"decision"') && line.includes('"environment":"DEV"')))
  t.match(await verified(dir), { ok: true, expired: first.entries })
  const second = await expire(dir, key, { nowMs: NOW_MS })
  t.ok(second.entries > first.entries)
  t.match(await verified(dir), { ok: true, expired: first.entries + second.entries })
})

await t.test('what the store or a receiver does not have stays', async (t) => {
  const dir = copy('waiting')
  const report = await expire(dir, key, { nowMs: NOW_MS, effects: { haveAll: async (upTo) => upTo < 20 } })
  t.ok(report.waiting > 0)
  t.ok((await linesOf(dir)).every((line, index) => index < 20 || !line.includes(' {"tombstone"')))
})

await t.test('a tombstone that no entry covers, or that was changed, is named', async (t) => {
  const dir = copy('forged')
  const [segment] = await listSegments(join(dir, 'journal'))
  const path = segment?.path ?? ''
  const whole = readFileSync(path, 'utf8')
  const lines = whole.split('\n')
  writeFileSync(path, lines.with(3, `${(lines[3] ?? '').slice(0, 64)} {"tombstone":2,"segment":0}`).join('\n'))
  t.match(await verified(dir), { ok: false, index: 2, last: 2 })
  writeFileSync(path, whole)
  await expire(dir, key, { nowMs: NOW_MS })
  const good = readFileSync(path, 'utf8')
  for (const forge of [
    (text: string) => text.replace(/,"opens":"[A-Z]+"/, ''),
    (text: string) => text.replace(/"closes":\d+/, '"closes":1'),
    (text: string) => text.replace(/^[0-9a-f]{64} \{"tombstone":1,/m, `${'0'.repeat(64)} {"tombstone":1,`),
    (text: string) => text.replace('{"tombstone":1,"segment":0', '{"tombstone":1,"segment":7'),
    (text: string) => text.replace('{"tombstone":1,', '{"tombstone": 1,'),
  ]) {
    t.not(forge(good), good)
    writeFileSync(path, forge(good))
    t.match(await verified(dir), { ok: false })
  }
  writeFileSync(path, good)
  t.match(await verified(dir), { ok: true })
})

await t.test('an entry that was changed never becomes a tombstone', async (t) => {
  const dir = copy('changed')
  const [segment] = await listSegments(join(dir, 'journal'))
  const path = segment?.path ?? ''
  writeFileSync(path, readFileSync(path, 'utf8').replace('"allow"', '"allov"'))
  await t.rejects(expire(dir, key, { nowMs: NOW_MS }), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /entry \d+: the hash does not match/ })
  t.notMatch(readFileSync(path, 'utf8'), '"tombstone"')
})

await t.test('a run that is killed at any step leaves a ledger that verifies, and the next one ends it', async (t) => {
  for (const [step, times] of [['scanned', 1], ['recorded', 1], ['pace', 2], ['pace', 3], ['replaced', 1], ['replaced', 2]] as const) {
    const dir = copy(`killed-${step}-${times}`)
    const { signal, stderr } = spawnSync(process.execPath, ['--enable-source-maps', fileURLToPath(new URL('./expiry-writer.js', import.meta.url)), dir, String(NOW_MS), step, String(times)], { encoding: 'utf8' })
    t.equal(signal, 'SIGKILL', stderr)
    t.match(await verified(dir), { ok: true }, `killed at ${step} ${times}`)
    await expire(dir, key, { nowMs: NOW_MS })
    const { ok, expired } = await verified(dir)
    t.ok(ok)
    t.equal(expired, (await linesOf(dir)).filter((line) => line.includes(' {"tombstone"')).length)
    t.ok(expired > 30)
    t.same(readdirSync(join(dir, 'journal')).filter((name) => name.endsWith('.new')), [])
  }
})

await t.test('a gateway does it at its start, and goes on from there', async (t) => {
  const gateway = await openInProcessGateway(t, {
    settings: { ledger: { retention: { keep: { DEV: { decisions: '90d' } } } } },
    before: async ({ dataDir }) => { cpSync(base, dataDir, { recursive: true, preserveTimestamps: true }) },
  })
  const entriesIn = async (query: string): Promise<readonly { index: number, kind: string }[]> => {
    const answer = await fetch(`${gateway.url}/weir/api/v1/audit?${query}`, { headers: { authorization: `Bearer ${gateway.tokenFor('auditor')}` } })
    return (await answer.json() as { entries: readonly { index: number, kind: string }[] }).entries
  }
  await until(async () => (await entriesIn('kind=decision&env=DEV&order=oldest&limit=1')).some(({ index }) => index > 0))
  await gateway.close()
  t.match((await linesOf(gateway.dataDir))[0], / \{"tombstone":0,"segment":0,"opens":"DEV"\}$/)
  t.match(await verified(gateway.dataDir), { ok: true })
  for await (const entry of readEntries(join(gateway.dataDir, 'journal'))) if (expiryIn(entry) !== null) t.match(entry, { detail: { by: 'gateway', rules: ['DEV decisions 90d'] } })
})

await t.test('weir audit expire does it by the configuration, the store included, and verify counts what expired', async (t) => {
  const dir = copy('by-command')
  const configFile = join(folder, 'weir.yaml')
  writeFileSync(configFile, JSON.stringify({ dataDir: dir, ledger: { retention: { keep: { DEV: { decisions: '90d', outcomes: '90d' }, PROD: { decisions: '32d' } } } } }))
  const run = async (...args: string[]): Promise<{ text: string, message: string }> => {
    let text = ''
    const end = await auditCommand({ ...processIo(), env: {}, stdout (part) { text += part } }).parseAsync(['node', 'weir', ...args, '--config', configFile]).catch((thrown: unknown) => thrown)
    return { text, message: end instanceof CommandFailed ? end.message : end instanceof Error && !(end instanceof Object && 'commands' in end) ? end.message : '' }
  }
  const dry = JSON.parse((await run('expire', '--dry-run', '--json')).text) as { entries: number }
  t.ok(dry.entries > 10)
  t.same(await linesOf(dir), before, 'a dry run changes nothing')
  const { text, message } = await run('expire', '--json')
  t.match(JSON.parse(text), dry, message)
  t.match((await run('verify')).text, new RegExp(`^expired {4}${dry.entries}, `, 'm'))
  const gone = (await linesOf(dir)).flatMap((line, index) => line.includes(' {"tombstone"') ? [index] : [])
  const store = await openStore({ dataDir: dir, databaseUrl: null })
  t.teardown(() => store.close())
  const rows = await store.query('SELECT index FROM ledger ORDER BY index')
  t.same(rows.map(({ index }) => Number(index)), (await linesOf(dir)).flatMap((_, index) => gone.includes(index) ? [] : [index]), 'the store has what is left')
  await t.rejects(store.query('DELETE FROM ledger WHERE index = 3'), { cause: { message: /stays as it is/ } }, 'a row goes in no other way')
  await t.rejects(store.query("SELECT weir_ledger_expire(1000000, '[3]'::jsonb)"), { cause: { message: /No entry of the ledger says/ } })
})
