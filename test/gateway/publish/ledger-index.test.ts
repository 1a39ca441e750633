import { createPublicKey } from 'node:crypto'
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { CommandFailed, processIo } from '../../../gateway/cli/io.ts'
import { openPrivateKeyFile } from '../../../gateway/files/private-key-file.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { digestOf, openIndex, signIndex, type LedgerIndex } from '../../../gateway/transparency/ledger-index.ts'
import { verifierKey, type NoteKey } from '../../../gateway/transparency/signed-note.ts'
import { testFolder } from '../../support/test-folder.ts'
import { newKey, signedLedger, type SignedLedger } from '../transparency/signed-ledger.ts'

interface Alone { verifyLedger (options: { path: string, indexes: readonly string[], indexKey: string }): { readonly ok: boolean, readonly problem: string | null } }

const { verifyLedger } = await import(pathToFileURL(join(packageRoot(), 'examples', 'verify-ledger', 'verify-ledger.mjs')).href) as Alone
const folder = testFolder(t)
const at = join(folder, 'published')
const keyFile = join(folder, 'index-key.pem')
const privateKey = openPrivateKeyFile(keyFile, newKey)
const indexKey: NoteKey = { name: 'weir-ledger-index', publicKey: createPublicKey(privateKey) }
const one = await signedLedger(join(folder, 'one'), newKey(), [6], 1_000)
const twoKey = newKey()
const two = await signedLedger(join(folder, 'two'), twoKey, [4], 2_000)
cpSync(two.dir, join(folder, 'twin'), { recursive: true })

async function weir (...args: string[]): Promise<string> {
  let text = ''
  await auditCommand({ ...processIo(), env: {}, stdout (part) { text += part } }).parseAsync(['node', 'weir', ...args])
  return text
}

const made = (...args: string[]): Promise<string> => weir('index', '--at', at, '--key-file', keyFile, ...args)
const published = (name: string): string => readFileSync(join(at, name), 'utf8')

/** Puts a ledger's checkpoint where its gateway publishes it. */
function publish ({ key }: Pick<SignedLedger, 'key'>, note: string): void {
  mkdirSync(dirname(join(at, key.name, 'checkpoint')), { recursive: true })
  writeFileSync(join(at, key.name, 'checkpoint'), note)
}

/** What both verifiers say of a ledger by these indexes; '' when it holds. */
async function said (t: Test, path: string, indexes: readonly string[], by = verifierKey(indexKey)): Promise<string> {
  const files = indexes.map((note, place) => {
    writeFileSync(join(folder, `index-${place}`), note)
    return ['--index', join(folder, `index-${place}`)]
  })
  const problem = await weir('verify', path, '--index-key', by, ...files.flat()).then(() => '', (error: unknown) => error instanceof CommandFailed ? error.message : String(error))
  const alone = verifyLedger({ path, indexes, indexKey: by })
  t.equal(alone.ok, problem === '', `${problem} | ${alone.problem ?? ''}`)
  return problem
}

await t.test('one index over all replicas, by the checkpoints that they published, by which a ledger is verified', async (t) => {
  publish(one, one.checkpoints[0] ?? '')
  publish(two, two.checkpoints[0] ?? '')
  t.match(await made('--add', one.keyText, '--add', two.keyText), /^index 0 of 2 ledgers, signed by weir-ledger-index\+.*\n(?:weir-ledger\/.*\n){2}$/)
  const grown = await signedLedger(two.dir, twoKey, [3], 3_000)
  publish(two, grown.checkpoints[0] ?? '')
  t.match(await made(), `${two.key.name}  8 entries\n`)
  t.equal(published('index'), published('indexes/1'))
  const parts = join(folder, 'parts')
  await weir('export', '--data-dir', two.dir, '--to', parts)
  for (const path of [two.dir, parts]) t.equal(await said(t, path, [published('indexes/0'), published('indexes/1')]), '')
  t.equal(await said(t, one.dir, [published('index')]), '')
  t.match(await weir('verify', one.dir, '--index', join(at, 'index'), '--index-key', verifierKey(indexKey)), new RegExp(`index      1 of .* has 6 of these entries; it also lists ${two.key.name}\\n$`))
  t.match(await said(t, one.dir, [published('index')], verifierKey({ ...indexKey, publicKey: createPublicKey(newKey()) })), /not signed by this key/)
  await t.rejects(weir('verify', one.dir, '--index', join(at, 'index')), { message: /give it with --index-key/ })
})

await t.test('no index is made over a ledger that is gone or went back, or after one that is not the last', async (t) => {
  const note = published(`${two.key.name}/checkpoint`)
  const twin = await signedLedger(join(folder, 'twin'), twoKey, [3], 9_000)
  publish(two, twin.checkpoints[0] ?? '')
  await t.rejects(made(), { name: 'CommandFailed', message: /another tree over the 8 entries/ })
  publish(two, two.checkpoints[0] ?? '')
  await t.rejects(made(), { message: /has 4 entries of .*, which had 8/ })
  publish(two, one.checkpoints[0] ?? '')
  await t.rejects(made(), { message: /not signed by its key/ })
  rmSync(join(at, two.key.name), { recursive: true })
  await t.rejects(made(), { message: /no checkpoint of .* is published/ })
  publish(two, note)

  rmSync(join(at, 'index'))
  await t.rejects(made(), { message: /the index 1 was made, and none is published/ })
  writeFileSync(join(at, 'index'), published('indexes/1').replace('number 1', 'number 2'))
  await t.rejects(made(), { message: /the last index is not signed by this key/ })
  const last = openIndex(published('indexes/1'), indexKey)
  if (last === null) throw new Error('no index')
  writeFileSync(join(at, 'index'), signIndex({ ...last, number: 5 }, privateKey))
  await t.rejects(made(), { message: /the index 1 was made, and 5 is published/ })
  writeFileSync(join(at, 'index'), published('indexes/0'))
  rmSync(join(at, 'indexes', '1'))
  t.match(await made(), /^index 2 of 2 ledgers/, 'one that could not be published is, before the next')
  t.ok(openIndex(published('indexes/1'), indexKey))
  copyFileSync(join(at, 'indexes', '0'), join(at, 'indexes', '3'))
  await t.rejects(made(), { message: /another index 3 is published/ })
})

await t.test('an outsider who kept an index sees that a later one leaves a ledger out, or has it set back, and that a ledger is not the one that is listed', async (t) => {
  const kept = published('indexes/1')
  const before = openIndex(kept, indexKey)
  if (before === null) throw new Error('no index')
  const [first, second] = before.logs
  const next = (change: Partial<LedgerIndex>): string => signIndex({ ...before, number: 2, previous: digestOf(before), ...change }, privateKey)
  t.equal(await said(t, two.dir, [kept, next({})]), '')
  const mine = before.logs.filter(({ key }) => key.name === one.key.name)
  t.match(await said(t, one.dir, [kept, next({ logs: mine })]), /the index 2 leaves out weir-ledger/)
  t.match(await said(t, two.dir, [next({ logs: mine })]), /does not list the ledger/)
  t.match(await said(t, one.dir, [kept, next({ logs: before.logs.map((log) => ({ ...log, size: log.size - 1 })) })]), /the index 2 has \d entries of .*, which had \d/)
  t.match(await said(t, one.dir, [kept, next({ logs: before.logs.map((log) => ({ ...log, root: Buffer.alloc(32) })) })]), /another tree over/)
  t.match(await said(t, one.dir, [kept, next({ previous: 'f'.repeat(64) })]), /does not follow from the one before/)
  t.match(await said(t, one.dir, [kept, next({ number: 1 })]), /two indexes with the number 1/)
  t.match(await said(t, one.dir, [kept, next({ timeMs: before.timeMs - 1 })]), /an earlier time/)
  const other = { name: one.key.name, publicKey: createPublicKey(newKey()) }
  t.match(await said(t, one.dir, [kept, next({ logs: before.logs.map((log) => log.key.name === other.name ? { ...log, key: other } : log) })]), /another key for/)
  t.match(await said(t, one.dir, [next({ logs: [second, first].filter((log) => log !== undefined) })]), /./, 'ledgers stand in their order')
  t.match(await said(t, join(folder, 'twin'), [kept]), /two ledgers of 8 entries|not those that were signed|not the entry/)
  const older = join(folder, 'older')
  await signedLedger(older, twoKey, [4], 2_000)
  t.match(await said(t, older, [kept]), /8 entries were signed once, and the last checkpoint here is over 4/, 'a ledger that was set back')
})
