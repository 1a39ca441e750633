import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { processIo } from '../../../gateway/cli/io.ts'
import { readForward } from '../../../gateway/forward/forward-config.ts'
import { forwardDirOf } from '../../../gateway/forward/forward-files.ts'
import { openForwarders } from '../../../gateway/forward/forwarders.ts'
import { listSegments } from '../../../gateway/ledger/segment.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { logDirOf, noteKeyOf, originOf } from '../../../gateway/transparency/log-place.ts'
import { verifierKey } from '../../../gateway/transparency/signed-note.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { startHttpReceiver } from '../forward/receivers.ts'
import { newKey } from '../transparency/signed-ledger.ts'
import { BEGIN_MS, DAY_MS, expire, linesOf, oldLedger, RULES, withLedger } from './old-ledger.ts'

const DAYS = 60
const NOW_MS = BEGIN_MS + (DAYS + 50) * DAY_MS

const folder = testFolder(t)
const key = newKey()
const base = join(folder, 'base')
await oldLedger(base, key, DAYS)
const before = await linesOf(base)

function copy (name: string): string {
  const dir = join(folder, name)
  cpSync(base, dir, { recursive: true, preserveTimestamps: true })
  return dir
}

const expired = async (dir: string): Promise<readonly number[]> => (await linesOf(dir)).flatMap((line, index) => line.startsWith(' {"tombstone"', 64) ? [index] : [])

/** What a command prints, or says when it fails. */
async function audit (...args: string[]): Promise<string> {
  let text = ''
  const io = { ...processIo(), env: {}, stdout (part: string) { text += part }, stderr () {} }
  return await auditCommand(io).parseAsync(['node', 'weir', ...args]).then(() => text, (thrown: unknown) => `${text}${String(thrown)}`)
}

await t.test('what a receiver that is behind does not have stays until it has it', async (t) => {
  const dir = copy('behind')
  const receiver = await startHttpReceiver(t)
  receiver.answer = (_, count) => ({ status: count <= 2 ? 204 : 503 })
  const forward = { siem: { to: 'http', url: receiver.url, batch: 15 } } as const
  const configFile = join(folder, 'behind.yaml')
  writeFileSync(configFile, JSON.stringify({ dataDir: dir, ledger: { forward, retention: { keep: { DEV: { decisions: '90d', outcomes: '90d' }, PROD: { decisions: '90d' } } } } }))
  const placeOf = (): number => (JSON.parse(readFileSync(join(forwardDirOf(dir), 'siem.next.json'), 'utf8')) as { next: number }).next
  const forwarded = async (done: () => Promise<void>): Promise<void> => await withLedger(dir, key, NOW_MS, async ({ journal }) => {
    const journalDir = join(dir, 'journal')
    const forwarders = await openForwarders({ forwarders: readForward(forward, dir), env: {}, folder: forwardDirOf(dir), journalDir, head: () => journal.head().index, origin: () => originOf(journalDir), version: '0.1.0', record: () => {}, onWarning: () => {} })
    forwarders.start()
    await done()
    await forwarders.close()
  })
  await forwarded(() => receiver.came(3))
  t.equal(placeOf(), 30)
  const first = JSON.parse(await audit('expire', '--json', '--config', configFile)) as { entries: number, waiting: number }
  t.ok(first.entries > 5 && first.waiting > 0, JSON.stringify(first))
  t.ok((await expired(dir)).every((index) => index < 30))
  receiver.answer = () => ({ status: 204 })
  await forwarded(() => until(() => placeOf() > before.length))
  const second = JSON.parse(await audit('expire', '--json', '--config', configFile)) as { entries: number, waiting: number }
  t.ok(second.entries > 5 && second.waiting === 0, JSON.stringify(second))
  t.ok((await expired(dir)).some((index) => index >= 30))
  t.same([...new Set(receiver.taken.flatMap(({ text }) => text.trim().split('\n').map((line) => (JSON.parse(line) as { index: number }).index)))].filter((index) => index < before.length), before.map((_, index) => index), 'the receiver has each of them')
})

await t.test('a segment that does not hold is refused as a whole, and nothing of it goes', async (t) => {
  const clean = copy('clean')
  await expire(clean, key, { nowMs: NOW_MS, rules: RULES.filter(({ kind }) => kind === 'outcome') })
  for (const [name, source, change, said] of [
    ['header', base, (text: string) => text.replace('"weir-journal"', '"wier-journal"'), /the segment header is not valid/],
    ['unended', base, (text: string) => text.slice(0, -1), /its last line has no end/],
    ['shortened', base, (text: string) => text.replace(/[^\n]+\n$/, ''), /the segment behind it does not follow from it/],
    ['moved', clean, (text: string) => text.replace(/\{"tombstone":(\d+)/, (_, index) => `{"tombstone":${Number(index) + 1}`), /entry \d+ is not valid/],
    ['of-another', clean, (text: string) => text.replace(/("tombstone":\d+,"segment":)\d+/, '$17'), /entry \d+ is not valid/],
    ['made-up', clean, (text: string) => text.replace(/,"closes":\d+\}/, ',"closes":"0"}'), /entry \d+ is not valid/],
  ] as const) {
    const dir = join(folder, name)
    cpSync(source, dir, { recursive: true, preserveTimestamps: true })
    const [, segment] = await listSegments(join(dir, 'journal'))
    const path = segment?.path ?? ''
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, change(whole))
    t.not(readFileSync(path, 'utf8'), whole, name)
    await t.rejects(expire(dir, key, { nowMs: NOW_MS }), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: said }, name)
    t.equal(readFileSync(path, 'utf8'), change(whole), `${name}: the file is as it was`)
  }
})

await t.test('an entry that says what expired counts only when it is signed', async (t) => {
  const dir = copy('unsigned')
  await expire(dir, key, { nowMs: NOW_MS })
  t.match(await audit('verify', '--data-dir', dir), /those that were signed by/)
  // The signed log as it was before anything expired: all that it covers is still there.
  rmSync(logDirOf(dir), { recursive: true })
  cpSync(logDirOf(base), logDirOf(dir), { recursive: true })
  const problem = `it says that entries expired, and only ${before.length} entries are signed`
  t.match(await audit('verify', '--data-dir', dir), problem)
  const noteKey = await noteKeyOf(dir, join(dir, 'journal'))
  if (noteKey === null) throw new Error('the ledger was signed')
  const { verifyLedger } = await import(pathToFileURL(join(packageRoot(), 'examples', 'verify-ledger', 'verify-ledger.mjs')).href) as { verifyLedger (options: { path: string, key: string }): { ok: boolean, index: number | null, problem: string | null } }
  t.match(verifyLedger({ path: dir, key: verifierKey(noteKey) }), { ok: false, problem })
})
