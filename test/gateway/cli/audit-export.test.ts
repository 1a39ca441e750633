import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { CommandFailed, processIo } from '../../../gateway/cli/io.ts'
import { recordedEntries } from '../../../gateway/cli/policy/recorded-entries.ts'
import { journalDirOf, openJournal } from '../../../gateway/ledger/journal.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { logDirOf, noteKeyOf, openLedgerKey } from '../../../gateway/transparency/log-place.ts'
import { verifierKey } from '../../../gateway/transparency/signed-note.ts'
import { openTransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { testFolder } from '../../support/test-folder.ts'
import { decisionBody, plainEvent } from '../ledger/bodies.ts'
import { S3_ENV, startS3Server, type S3Server } from '../publish/s3-server.ts'

interface Found { readonly ok: boolean, readonly entries: number, readonly index: number | null, readonly last: number | null, readonly file: string | null, readonly line: number | null, readonly problem: string | null }
interface Alone { verifyLedger (options: { path: string, key: string, kept?: readonly string[] }): Found }
interface Manifest { readonly filter: object | null, checkpoint: string, parts: Array<{ entries: number, bytes: number, sha256: string }>, entries: number, sha256: string }

const { verifyLedger } = await import(pathToFileURL(join(packageRoot(), 'examples', 'verify-ledger', 'verify-ledger.mjs')).href) as Alone
const PART = 4_096
const folder = testFolder(t)
const dataDir = join(folder, 'data')
const older = await grow(4_500)
const older2 = join(folder, 'older')
cpSync(dataDir, older2, { recursive: true })
const key = older.key
let names = 0

/** Adds so many entries, and signs all. */
async function grow (count: number, dir = dataDir): Promise<{ readonly size: number, readonly key: string, readonly checkpoint: string }> {
  const journalDir = journalDirOf(dir)
  const onWarning = (message: string): never => { throw new Error(message) }
  const journal = await openJournal({ dir: journalDir, nowMs: Date.now, onWarning })
  await Promise.all(Array.from({ length: count }, (_, at) => journal.append(at % 1_500 === 0 ? decisionBody('deny') : plainEvent('filler', { at }))))
  const log = await openTransparencyLog({ dir: logDirOf(dir), journalDir, journal, privateKey: openLedgerKey(dir), checkpointMs: 3_600_000, onWarning })
  await journal.close()
  await log.close()
  const noteKey = await noteKeyOf(dir, journalDir)
  if (noteKey === null) throw new Error('no key')
  return { size: journal.head().index + 1, key: verifierKey(noteKey), checkpoint: readFileSync(join(logDirOf(dir), 'checkpoint'), 'utf8') }
}

async function audit (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  let text = ''
  await auditCommand({ ...processIo(), env, cwd: folder, stdout (part) { text += part }, stderr () {} }).parseAsync(['node', 'weir', ...args])
  return text
}

const exported = (to: string, { from = dataDir, args = [], env = {} }: { from?: string, args?: readonly string[], env?: NodeJS.ProcessEnv } = {}): Promise<string> => audit(['export', '--data-dir', from, '--to', to, ...args], env)

/** What both verifiers say of an export, which is the same. */
async function judged (t: Test, path: string, { kept = [], by = key }: { kept?: readonly string[], by?: string } = {}): Promise<Found> {
  const files = kept.map((note, at) => {
    writeFileSync(join(folder, `kept-${at}`), note)
    return ['--checkpoint', join(folder, `kept-${at}`)]
  })
  let text = ''
  const end = await auditCommand({ ...processIo(), stdout (part) { text += part } }).parseAsync(['node', 'weir', 'verify', path, '--json', '--key', by, ...files.flat()]).catch((thrown: unknown) => thrown)
  const { ok, entries, firstBad } = JSON.parse(text) as { ok: boolean, entries: number, firstBad: Omit<Found, 'ok' | 'entries'> | null }
  const found: Found = { ok, entries, ...firstBad ?? { index: null, last: null, file: null, line: null, problem: null } }
  t.equal(end instanceof CommandFailed, !ok, 'the exit code says the same')
  const { problem: _, ...where } = found
  t.match(verifyLedger({ path, key: by, kept }), where, 'the stand-alone script says the same')
  return found
}

/** A folder that nothing is in yet. */
function place (): string {
  names += 1
  return join(folder, `to-${names}`)
}

function manifestIn (dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as Manifest
}

/** The objects of a bucket below a prefix, as files. */
function downloaded ({ objects }: S3Server, prefix: string): string {
  const dir = place()
  for (const [name, body] of objects) {
    if (!name.startsWith(prefix)) continue
    mkdirSync(dirname(join(dir, name.slice(prefix.length))), { recursive: true })
    writeFileSync(join(dir, name.slice(prefix.length)), body)
  }
  return dir
}

async function countOf (entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const entry of entries) count += entry === null ? 0 : 1
  return count
}

await t.test('into a folder, in parts that put together are the export as one file; the next one adds to them', async (t) => {
  const to = place()
  t.equal(await exported(to), `${older.size} entries in 2 parts, 0 of them there already.\n`)
  t.match(await judged(t, to, { kept: [older.checkpoint] }), { ok: true, entries: older.size })
  const { filter, checkpoint, parts, entries, sha256 } = manifestIn(to)
  t.same([filter, checkpoint, parts.map((part) => part.entries), entries], [null, older.checkpoint, [PART, older.size - PART], older.size])
  const one = await audit(['export', '--data-dir', dataDir])
  const lines = readdirSync(join(to, 'entries')).sort().map((name) => readFileSync(join(to, 'entries', name), 'utf8')).join('')
  t.ok(one.endsWith(`${lines}${JSON.stringify({ entries, sha256 })}\n`) && one.indexOf(lines) === one.indexOf('\n') + 1, 'byte for byte')
  t.equal(await countOf(recordedEntries(to)), older.size, 'weir policy replay --export reads it as well')

  t.equal(await exported(to), `${older.size} entries in 2 parts, 2 of them there already.\n`)
  const now = await grow(500)
  t.equal(await exported(to), `${now.size} entries in 2 parts, 1 of them there already.\n`)
  t.match(await judged(t, to, { kept: [older.checkpoint, now.checkpoint] }), { ok: true, entries: now.size })
})

await t.test('what is cut off, left out or changed is refused, and named by both verifiers', async (t) => {
  const whole = place()
  await exported(whole, { from: older2 })
  const [first = '', second = ''] = readdirSync(join(whole, 'entries')).sort().map((name) => `entries/${name}`)
  const changed = async (change: (dir: string, rewrite: (file: string, by: (text: string) => string) => void) => void, by = key): Promise<Found> => {
    const dir = place()
    cpSync(whole, dir, { recursive: true })
    change(dir, (file, by) => writeFileSync(join(dir, file), by(readFileSync(join(dir, file), 'utf8'))))
    return await judged(t, dir, { by })
  }
  const manifest = (by: (manifest: Manifest) => void) => (_: string, rewrite: (file: string, by: (text: string) => string) => void): void => rewrite('manifest.json', (text) => {
    const value = JSON.parse(text) as Manifest
    by(value)
    return `${JSON.stringify(value)}\n`
  })
  const cut = place()
  cpSync(whole, cut, { recursive: true })
  rmSync(join(cut, 'manifest.json'))
  t.match(await judged(t, cut), { ok: false, file: 'manifest.json', problem: 'the export was not ended: there is no manifest.json' })
  await t.rejects(countOf(recordedEntries(cut)), { name: 'CommandFailed', message: /no whole export/ })
  await t.rejects(audit(['verify', whole]), { message: /key that is known already/ })

  t.match(await changed((dir) => rmSync(join(dir, second))), { ok: false, index: PART, file: second, problem: 'the part is missing' })
  t.match(await changed((_, rewrite) => rewrite(second, (text) => text.slice(0, -200))), { ok: false, index: older.size - 1, file: second, problem: 'the line has no end' })
  t.match(await changed((_, rewrite) => rewrite(second, (text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1))), { ok: false, index: older.size - 1, file: second, problem: 'the part is not as manifest.json has it' })
  t.match(await changed((_, rewrite) => rewrite(first, (text) => text.replace('"at":2711', '"at":2712'))), { ok: false, index: 2711, file: first, line: 2712, problem: 'the hash does not match the entry' })
  t.match(await changed((_, rewrite) => rewrite(first, (text) => text.replace('\n', '\n\n'))), { ok: false, index: 1, file: first, line: 2 })
  t.match(await changed(manifest(({ parts }) => { parts.pop() })), { ok: false, index: PART, last: older.size - 1, file: 'manifest.json', problem: `${older.size} entries were signed, and the export ends here` })
  t.match(await changed(manifest(({ parts }) => { parts.reverse() })), { ok: false, index: 0, problem: 'the part is missing' }, 'its name says where a part belongs')
  t.match(await changed(manifest((value) => { value.entries -= 1 })), { ok: false, problem: /its last line counts other entries/ })
  t.match(await changed(manifest(({ parts }) => { for (const part of parts) part.bytes += 1 })), { ok: false, index: PART, file: first, problem: 'the part is not as manifest.json has it' })
  t.match(await changed(manifest((value) => { value.checkpoint = value.checkpoint.replace(/\n\d+\n/, '\n4096\n') })), { ok: false, index: null, problem: /not signed by this key/ })
  t.match(await changed(() => {}, (await grow(1, join(folder, 'stranger'))).key), { ok: false, index: null, problem: /not signed by this key/ }, 'what comes with an export says nothing of whose it is')
})

await t.test('into a bucket: nothing is an export before its manifest, and the next attempt sends what is not there', async (t) => {
  const s3 = await startS3Server(t)
  const env = { ...S3_ENV, AWS_ENDPOINT_URL: s3.endpoint }
  const to = 's3://audit/weir/all'
  s3.refuse = 503
  s3.takes = 1
  await t.rejects(exported(to, { from: older2, env }), { name: 'CommandFailed', message: 'The export was not ended: the store answered 503. Run it again to go on.' })
  t.match(await judged(t, downloaded(s3, '/audit/weir/all/')), { ok: false, problem: /there is no manifest/ })
  s3.takes = 1
  await t.rejects(exported(to, { from: older2, env }), { message: /503/ }, 'the last part came, the manifest did not')
  t.match(await judged(t, downloaded(s3, '/audit/weir/all/')), { ok: false, problem: /there is no manifest/ })
  s3.refuse = null
  t.equal(await exported(to, { from: older2, env }), `${older.size} entries in 2 parts, 2 of them there already.\n`)
  t.match(s3.puts.map((name) => name.replace(/-[0-9a-f]{64}/, '')), ['/audit/weir/all/entries/00000000000000000000.jsonl', `/audit/weir/all/entries/0000000000000000${PART}.jsonl`, '/audit/weir/all/manifest.json'])
  t.match(await judged(t, downloaded(s3, '/audit/weir/all/')), { ok: true, entries: older.size })
  const [part = ''] = s3.puts
  s3.objects.set(part, Buffer.from('x'))
  t.equal(await exported(to, { from: older2, env }), `${older.size} entries in 2 parts, 1 of them there already.\n`)
  t.equal(createHash('sha256').update(s3.objects.get(part) ?? '').digest('hex'), /-([0-9a-f]{64})/.exec(part)?.[1], 'one that is damaged there is put again')

  await exported('s3://audit/denied', { from: older2, args: ['--verdict', 'deny', '--endpoint', s3.endpoint], env: S3_ENV })
  t.match(await judged(t, downloaded(s3, '/audit/denied/')), { ok: true, entries: 3 })
  t.equal(s3.bad, 0)
  await t.rejects(exported(to, { env: { AWS_ENDPOINT_URL: s3.endpoint } }), { code: 'WEIR_ERR_CONFIG_INVALID', message: /AWS_ACCESS_KEY_ID/ })
})

await t.test('a target that has something else is left as it is', async (t) => {
  const to = place()
  await exported(to)
  const was = readFileSync(join(to, 'manifest.json'), 'utf8')
  await t.rejects(exported(to, { args: ['--verdict', 'deny'] }), { code: 'WEIR_ERR_STORE', message: /by another filter/ })
  await t.rejects(exported(to, { from: older2 }), { message: /an export of 5000 entries, and 4500 are signed here/ })
  await t.rejects(exported(to, { from: join(folder, 'stranger') }), { message: /no export of this ledger/ })
  t.equal(readFileSync(join(to, 'manifest.json'), 'utf8'), was)
  writeFileSync(join(to, 'manifest.json'), '{}')
  await t.rejects(exported(to), { message: /no export of this ledger/ })
  for (const wrong of ['ftp://audit', 's3://', 's3://audit/../other', 's3://A', 's3://audit/a b']) await t.rejects(exported(wrong, { env: S3_ENV }), { name: 'CommandFailed', message: /A target is/ }, wrong)
  await t.rejects(exported('s3://audit', { args: ['--endpoint', 'http://s3.acme.test'], env: S3_ENV }), { code: 'WEIR_ERR_CONFIG_INVALID', message: /https/ })
})
