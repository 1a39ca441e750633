import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { main } from '../../../gateway/cli/main.ts'
import { processIo, type Io } from '../../../gateway/cli/io.ts'
import { journalDirOf } from '../../../gateway/ledger/journal.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { logDirOf, openLedgerKey } from '../../../gateway/transparency/log-place.ts'
import { openTransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import type { ReplayReport } from '../../../gateway/policy/replay/replay.ts'
import { answer, mainRego, openEngine, POLICIES, policyFolder } from '../policy/opened-policy.ts'
import { recordLedger } from '../policy/replay/recorded-ledger.ts'
import { testFolder } from '../../support/test-folder.ts'

const dataDir = testFolder(t)
const { decisions } = await recordLedger(dataDir, await openEngine(POLICIES))
const DENY = await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"deny"', '"x.no"')}`) })

interface Ran { readonly code: number, readonly out: string, readonly err: string }

async function replayed (terminal: Partial<Io>, ...args: string[]): Promise<Ran> {
  let out = ''
  let err = ''
  const io: Io = { ...processIo(), hasTerminal: false, stdout (text) { out += text }, stderr (text) { err += text }, ...terminal }
  const code = await main(['node', 'weir', 'policy', 'replay', ...args], io)
  return { code, out, err }
}

/** Signs all that a ledger holds. */
async function signed (dir: string): Promise<void> {
  const journalDir = journalDirOf(dir)
  const { lastIndex, headHash } = await verifyJournal(journalDir)
  const journal = { head: () => ({ index: lastIndex ?? -1, hash: headHash }) }
  const log = await openTransparencyLog({ dir: logDirOf(dir), journalDir, journal, privateKey: openLedgerKey(dir), checkpointMs: 3_600_000, onWarning: (message) => { throw new Error(message) } })
  await log.close()
}

await t.test('the same policy changes nothing, also for CI', async (t) => {
  const { code, out, err } = await replayed({}, '--policy', POLICIES, '--data-dir', dataDir, '--fail-on-change')
  t.equal(code, 0, err)
  t.match(out, /^\d+ decisions replayed against revision [0-9a-f]{12}\nnothing would change\n\d+ denials made before policy is asked/)
  t.equal(err, '', 'no progress where nobody watches')
})

await t.test('another policy shows what would change, and fails only where that was asked for', async (t) => {
  const shown = await replayed({}, '--policy', DENY, '--data-dir', dataDir, '--examples', '1')
  t.equal(shown.code, 0)
  t.match(shown.out, /stricter: allow grants\.granted -> deny x\.no: \d+ decisions\n {2}by .*author@acme\.test \(\d+\).*\n {2}entry \d+ {2}2026-11-20T/)
  t.notMatch(shown.out, 'LOOSER')
  const failed = await replayed({}, '--policy', DENY, '--data-dir', dataDir, '--json', '--fail-on-change')
  t.equal(failed.code, 1)
  const report = JSON.parse(failed.out) as ReplayReport
  t.match(failed.err, `${report.changed} of ${report.replayed} decisions would change`)
  t.equal(report.replayed + report.host, decisions)
})

await t.test('a time that no decision reaches replays nothing, which no gate takes for a pass', async (t) => {
  t.match(await replayed({}, '--policy', POLICIES, '--data-dir', dataDir, '--since', '2027-01-01'), { code: 0, out: /^0 decisions replayed/ })
  t.match(await replayed({}, '--policy', POLICIES, '--data-dir', dataDir, '--since', '2027-01-01', '--fail-on-change'), { code: 1, err: /No decision was replayed/ })
})

await t.test('an export and a segment replay like the ledger they come from', async (t) => {
  let text = ''
  await auditCommand({ ...processIo(), stdout (part) { text += part } }).parseAsync(['node', 'audit', 'query', '--format', 'json', '--data-dir', dataDir])
  const dir = testFolder(t, { 'export.jsonl': text })
  const [segment] = readdirSync(journalDirOf(dataDir)).filter((name) => name.endsWith('.jsonl'))
  writeFileSync(join(dir, 'segment.jsonl'), readFileSync(join(journalDirOf(dataDir), segment ?? '')))
  await signed(dataDir)
  await auditCommand(processIo()).parseAsync(['node', 'audit', 'export', '--out', join(dir, 'signed.jsonl'), '--data-dir', dataDir])
  await auditCommand(processIo()).parseAsync(['node', 'audit', 'export', '--kind', 'decision', '--out', join(dir, 'proven.jsonl'), '--data-dir', dataDir])
  for (const name of ['export.jsonl', 'signed.jsonl', 'proven.jsonl', 'segment.jsonl', journalDirOf(dataDir)]) {
    const { code, out } = await replayed({ cwd: dir }, '--policy', POLICIES, '--export', name, '--json')
    const report = JSON.parse(out) as ReplayReport
    t.match({ code, ...report }, { code: 0, changed: 0, unreplayable: [] }, name)
    t.equal(report.replayed + report.host, decisions)
  }
  appendFileSync(join(dir, 'export.jsonl'), '{"kind":"deci')
  t.match(await replayed({ cwd: dir }, '--policy', POLICIES, '--export', 'export.jsonl'), { code: 0, out: /1 could not be replayed: it is not an entry of a ledger\n/ })
  writeFileSync(join(dir, 'signed.jsonl'), readFileSync(join(dir, 'signed.jsonl'), 'utf8').replace('"kind":"decision"', '"kind":"decisiom"'))
  t.match(await replayed({ cwd: dir }, '--policy', POLICIES, '--export', 'signed.jsonl'), { code: 0, out: /1 could not be replayed: it is not an entry of a ledger\n/ })
  t.match(await replayed({ cwd: dir }, '--policy', POLICIES, '--export', 'absent.jsonl'), { code: 1, err: /There is no file/ })
  t.match(await replayed({ cwd: dir }, '--policy', POLICIES, '--export', testFolder(t, { notes: {} })), { code: 1, err: /There is no segment of a journal/ })
})

await t.test('what a model wrote into a call does not reach the terminal as it is', async (t) => {
  let text = ''
  await auditCommand({ ...processIo(), stdout (part) { text += part } }).parseAsync(['node', 'audit', 'query', '--format', 'json', '--data-dir', dataDir])
  const line = text.split('\n').find((entry) => entry.includes('git push origin main')) ?? ''
  const dir = testFolder(t, { 'export.jsonl': line.replaceAll('git push origin main', '\\u001b[2Jgit push origin main') })
  const { out } = await replayed({ cwd: dir }, '--policy', DENY, '--export', 'export.jsonl')
  t.match(out, '\\u{1b}[2Jgit push origin main')
  t.notMatch(out, '\u001b')
})

await t.test('progress is shown on a terminal and wiped before the report', async (t) => {
  const lines = readdirSync(journalDirOf(dataDir)).filter((name) => name.endsWith('.jsonl')).map((name) => readFileSync(join(journalDirOf(dataDir), name), 'utf8')).join('')
  const dir = testFolder(t, { 'export.jsonl': lines.split('\n').slice(1).join('\n').repeat(4) })
  const { err } = await replayed({ cwd: dir, hasTerminal: true }, '--policy', POLICIES, '--export', 'export.jsonl')
  t.match(err, '\r1,024 entries read')
  t.ok(err.endsWith('\r\u001b[K'))
})

await t.test('bad usage is bad usage', async (t) => {
  t.equal((await replayed({}, '--data-dir', dataDir)).code, 2, 'no policy')
  t.equal((await replayed({}, '--policy', POLICIES, '--since', 'yesterday')).code, 2)
  t.equal((await replayed({}, '--policy', POLICIES, '--examples', '-1')).code, 2)
  t.match(await replayed({}, '--policy', POLICIES, '--data-dir', testFolder(t)), { code: 1, err: /no ledger/ })
})
