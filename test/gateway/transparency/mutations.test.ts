import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { auditCommand } from '../../../gateway/cli/audit.ts'
import { CommandFailed, processIo } from '../../../gateway/cli/io.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { openCheckpoint } from '../../../gateway/transparency/checkpoint.ts'
import { exportLedger } from '../../../gateway/transparency/export-ledger.ts'
import { verifyExport } from '../../../gateway/transparency/verify-export.ts'
import { verifyLog } from '../../../gateway/transparency/verify-log.ts'
import { ALICE } from '../ledger/bodies.ts'
import { expire, RULES } from '../retention/old-ledger.ts'
import { testFolder } from '../../support/test-folder.ts'
import { dice, exportMutationOf, held, mutationOf, SPLICED, type Files, type Mutation, type Stage } from './mutations.ts'
import { newKey, signedLedger, type SignedLedger } from './signed-ledger.ts'

/** Another one is WEIR_TEST_SEED; each test says which it had. */
const SEED = Number(process.env['WEIR_TEST_SEED'] ?? 20_261_122)
const OF_LEDGERS = 3_500 // and as many of one whose old entries expired
const OF_EXPORTS = 1_500 // of either kind
const ALONE_EVERY = 30 // this many times as seldom by the stand-alone script as well
const CLI_EVERY = 200

interface Found { readonly ok: boolean, readonly index: number | null, readonly last: number | null, readonly line?: number | null }
interface Alone { verifyLedger (options: { path: string, key: string, kept?: readonly string[] }): Found }

const SCRIPT = join(packageRoot(), 'examples', 'verify-ledger', 'verify-ledger.mjs')
const { verifyLedger } = await import(pathToFileURL(SCRIPT).href) as Alone

const folder = testFolder(t)
const key = newKey()
const base = await signedLedger(join(folder, 'ledger'), key, [10, 10], 1_000)
cpSync(base.dir, join(folder, 'twin'), { recursive: true })
const grown = await signedLedger(base.dir, key, [5, 20], 2_000)
const ledger: SignedLedger = { ...grown, checkpoints: [...base.checkpoints, ...grown.checkpoints] }
const twin = await signedLedger(join(folder, 'twin'), key, [25], 3_000)
const stranger = await signedLedger(join(folder, 'stranger'), key, [20, 30], 4_000)
const stage: Stage = { held: held(ledger), twin: held(twin), stranger: held(stranger), shared: 20 }

const short = { ...ledger, dir: join(folder, 'short') }
cpSync(ledger.dir, short.dir, { recursive: true })
await expire(short.dir, key, { nowMs: 10_000, rules: RULES.map((rule) => ({ ...rule, keepMs: 1_000 })) })
const shortStage: Stage = { ...stage, held: held(short) }

/** What `weir audit verify` finds, without the command around it. */
async function foundIn (kept: readonly string[], { dir }: SignedLedger = ledger): Promise<Found> {
  const journalDir = join(dir, 'journal')
  const { firstBad } = await verifyJournal(journalDir)
  if (firstBad !== null) return { ok: false, index: firstBad.index, last: firstBad.last ?? firstBad.index }
  const { problem } = await verifyLog({ dir: join(dir, 'ledger-log'), journalDir, key: ledger.key, kept })
  return { ok: problem === null, index: problem?.index ?? null, last: problem?.last ?? null }
}

/** Exit code, standard output as JSON, and message of `weir audit verify --json`. */
async function byCommand (path: string, kept: readonly string[]): Promise<{ code: number, json: { ok: boolean, firstBad: Found | null, signed?: { problem: Found | null } | null }, message: string }> {
  let text = ''
  const files = kept.map((note, at) => {
    writeFileSync(join(folder, `kept-${at}`), note)
    return ['--checkpoint', join(folder, `kept-${at}`)]
  })
  const end = await auditCommand({ ...processIo(), stdout (part) { text += part } }).parseAsync(['node', 'weir', 'verify', path, '--json', '--key', ledger.keyText, ...files.flat()]).catch((thrown: unknown) => thrown)
  return { code: end instanceof CommandFailed ? 1 : 0, json: JSON.parse(text), message: end instanceof CommandFailed ? end.message : '' }
}

function byProcess (path: string): number | null {
  return spawnSync(process.execPath, [SCRIPT, '--key', ledger.keyText, path], { stdio: 'ignore' }).status
}

async function applied<T> (files: Files, look: () => Promise<T>, { dir }: SignedLedger = ledger): Promise<T> {
  const before = Object.keys(files).map((name) => {
    const path = join(dir, name)
    if (existsSync(path)) renameSync(path, `${path}.aside`)
    return path
  })
  for (const [name, bytes] of Object.entries(files)) if (bytes !== null) writeFileSync(join(dir, name), bytes)
  try {
    return await look()
  } finally {
    for (const path of before) {
      rmSync(path, { force: true, recursive: true })
      if (existsSync(`${path}.aside`)) renameSync(`${path}.aside`, path)
    }
  }
}

function isLocated (found: Found, { first, last, isExact }: Mutation): boolean {
  if (found.ok) return false
  if (first === null || last === null) return found.index === null
  if (found.index === null || found.last === null) return false
  return isExact ? found.index === first && found.last === first : found.index <= last && found.last >= first
}

await t.test('what was not touched holds', async (t) => {
  t.match(await foundIn(ledger.checkpoints), { ok: true })
  t.match(verifyLedger({ path: ledger.dir, key: ledger.keyText, kept: ledger.checkpoints }), { ok: true, entries: stage.held.lines.length, size: stage.held.lines.length })
  t.match(await byCommand(ledger.dir, ledger.checkpoints), { code: 0, json: { ok: true, signed: { size: stage.held.lines.length, problem: null } } })
  t.equal(byProcess(ledger.dir), 0)
})

await t.test(`of ${OF_LEDGERS} changed ledgers each is found, and where (seed ${SEED})`, async (t) => {
  const roll = dice(SEED)
  const mine = newKey()
  const kinds = new Map<string, number>()
  const missed: string[] = []
  for (let round = 0; round < OF_LEDGERS; round += 1) {
    const mutation = mutationOf(stage, roll, mine)
    const { name, files, first, last, kept = [] } = mutation
    kinds.set(name, (kinds.get(name) ?? 0) + 1)
    await applied(files, async () => {
      const found = await foundIn(kept)
      if (!isLocated(found, mutation)) missed.push(`round ${round}: ${name} at ${first} to ${last}: ${JSON.stringify(found)}`)
      if (round % ALONE_EVERY === 0) t.match(verifyLedger({ path: ledger.dir, key: ledger.keyText, kept }), found, `round ${round}: ${name}: the stand-alone script says the same`)
      if (round % CLI_EVERY !== 0) return
      const { code, json, message } = await byCommand(ledger.dir, kept)
      t.match({ code, ok: json.ok, index: (json.firstBad ?? json.signed?.problem)?.index }, { code: 1, ok: false, index: found.index }, `round ${round}: ${message}`)
      if (round % (CLI_EVERY * 5) === 0 && kept.length === 0) t.equal(byProcess(ledger.dir), 1)
    })
  }
  t.same(missed.slice(0, 10), [])
  t.equal(kinds.size, 12, [...kinds].join('; '))
  t.match(await foundIn(ledger.checkpoints), { ok: true }, 'and the ledger is what it was')
})

await t.test(`of ${OF_LEDGERS} changed ledgers with expired entries each is found, and where (seed ${SEED})`, async (t) => {
  const { lines } = shortStage.held
  const where = (text: string): number[] => lines.flatMap((line, index) => line.includes(text) ? [index] : [])
  const [expired, saying] = [where(' {"tombstone":'), where('"name":"entries-expired"')]
  t.ok(expired.length > 5 && saying.length > 0)
  const known = [0, -1].map((at) => openCheckpoint(ledger.checkpoints.at(at) ?? '', ledger.key)?.size ?? 0) as [number, number]
  const isLocatedHere = (found: Found, mutation: Mutation): boolean => {
    const { name, first, last } = mutation
    if (isLocated(found, mutation)) return true
    if (first === null || last === null || found.ok) return false
    // The ledger has grown since the last checkpoint that was kept: what is missing begins behind the old one.
    if (name === 'rollback') return found.index === known[0] && found.last === known[1] - 1
    // Where what says that entries expired is gone or another, or a hash of theirs that it covers, the first of them is the first that is not
    // shown to be right; a rewriting makes all hashes behind its place anew.
    return (name.startsWith('rewrite') || saying.some((index) => index >= first && index <= (name === 'splice' ? first + SPLICED : last))) && found.index === expired[0] && expired.includes(found.last ?? -1)
  }
  t.match(await foundIn(ledger.checkpoints, short), { ok: true })
  const roll = dice(SEED)
  const mine = newKey()
  const missed: string[] = []
  for (let round = 0; round < OF_LEDGERS; round += 1) {
    const mutation = mutationOf(shortStage, roll, mine)
    const { name, files, first, last, kept = [] } = mutation
    await applied(files, async () => {
      const found = await foundIn(kept, short)
      if (!isLocatedHere(found, mutation)) missed.push(`round ${round}: ${name} at ${first} to ${last}: ${JSON.stringify(found)}`)
      if (round % ALONE_EVERY === 0) t.match(verifyLedger({ path: short.dir, key: ledger.keyText, kept }), found, `round ${round}: ${name}: the stand-alone script says the same`)
    }, short)
  }
  t.same(missed.slice(0, 10), [])
})

for (const [what, filter] of [['all', {}], ['some', { actor: ALICE.actor.id }]] as const) {
  await t.test(`of ${OF_EXPORTS} changed exports of ${what} each is found, and where (seed ${SEED})`, async (t) => {
    const textOf = async ({ dir, key }: SignedLedger): Promise<string> => {
      let text = ''
      for await (const part of exportLedger({ dir: join(dir, 'ledger-log'), journalDir: join(dir, 'journal'), key, filter })) text += part
      return text
    }
    const text = await textOf(ledger)
    t.equal(await textOf(ledger), text, 'the same ledger makes the same export')
    const source = { text, other: await textOf(stranger), isWhole: what === 'all' }
    const path = join(folder, `export-${what}`)
    writeFileSync(path, text)
    const good = await verifyExport({ path, key: ledger.key })
    t.match(good, { ok: true, size: stage.held.lines.length, firstBad: null })
    t.ok(good.entries > 2)
    t.match(verifyLedger({ path, key: ledger.keyText }), { ok: true, entries: good.entries })
    t.equal((await byCommand(path, [])).code, 0)
    t.equal(byProcess(path), 0)

    const roll = dice(SEED)
    const missed: string[] = []
    for (let round = 0; round < OF_EXPORTS; round += 1) {
      const { name, text: changed, line, last } = exportMutationOf(source, roll)
      writeFileSync(path, changed)
      const { ok, firstBad } = await verifyExport({ path, key: ledger.key })
      if (ok || firstBad === null || firstBad.line < line || firstBad.line > last) missed.push(`round ${round}: ${name} at line ${line} to ${last}: ${JSON.stringify(firstBad)}`)
      if (round % ALONE_EVERY === 0) {
        t.match(verifyLedger({ path, key: ledger.keyText }), { ok: false, index: firstBad?.index, last: firstBad?.last }, `round ${round}: ${name}: the stand-alone script says the same`)
      }
      if (round % CLI_EVERY === 0) t.match(await byCommand(path, []), { code: 1, json: { ok: false, firstBad } }, `round ${round}`)
    }
    t.same(missed.slice(0, 10), [])
  })
}

await t.test('an export of all is held against checkpoints that were kept, and an older one says so', async (t) => {
  const path = join(folder, 'export')
  let text = ''
  for await (const part of exportLedger({ dir: join(twin.dir, 'ledger-log'), journalDir: join(twin.dir, 'journal'), key: twin.key, filter: {} })) text += part
  writeFileSync(path, text)
  t.match(await verifyExport({ path, key: ledger.key, kept: twin.checkpoints }), { ok: true })
  const kept = ledger.checkpoints.slice(0, -1)
  const found = await verifyExport({ path, key: ledger.key, kept })
  t.match(found, { ok: false, firstBad: { index: 20, last: 20 + ledgerGrowth() - 1 } }, 'a twin signed by the same key')
  t.match(verifyLedger({ path, key: ledger.keyText, kept }), { ok: false, index: found.firstBad?.index, last: found.firstBad?.last })
  t.match(await verifyExport({ path, key: ledger.key, kept: ledger.checkpoints }), { ok: false, firstBad: { index: null, problem: /two ledgers/ } })
  t.match(await verifyExport({ path, key: stranger.key }), { ok: false, size: null, firstBad: { line: 1, problem: /not signed by this key/ } })
})

/** Entries between the second and the third checkpoint of the ledger. */
function ledgerGrowth (): number {
  const [, second, third] = ledger.checkpoints.map((note) => Number(note.split('\n')[1]))
  return (third ?? 0) - (second ?? 0)
}
