import { generateKeyPairSync, createPublicKey } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { listSegments } from '../../../gateway/ledger/segment.ts'
import { provesConsistency, provesInclusion } from '../../../gateway/transparency/check-proof.ts'
import type { Checkpoint } from '../../../gateway/transparency/checkpoint.ts'
import { originOf } from '../../../gateway/transparency/log-place.ts'
import { leafHash } from '../../../gateway/transparency/merkle.ts'
import { parseProof } from '../../../gateway/transparency/proof-text.ts'
import { readLog, type LogReader } from '../../../gateway/transparency/read-log.ts'
import { openTransparencyLog, type TransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { verifyLog } from '../../../gateway/transparency/verify-log.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { plainEvent } from '../ledger/bodies.ts'
import { naiveRoot } from './naive-tree.ts'

const { privateKey } = generateKeyPairSync('ed25519')

interface Stage { readonly dir: string, readonly journalDir: string, readonly journal: Journal, readonly log: TransparencyLog, readonly warnings: string[] }

async function open (dir: string, key = privateKey, checkpointMs = 3_600_000): Promise<Stage> {
  const journalDir = join(dir, 'journal')
  const warnings: string[] = []
  const onWarning = (message: string): void => { warnings.push(message) }
  const journal = await openJournal({ dir: journalDir, nowMs: () => Date.now(), onWarning, segmentBytes: 20_000 })
  try {
    const log = await openTransparencyLog({ dir: join(dir, 'ledger-log'), journalDir, journal, privateKey: key, checkpointMs, onWarning })
    return { dir, journalDir, journal, log, warnings }
  } catch (error) {
    await journal.close()
    throw error
  }
}

async function append (journal: Journal, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, at) => journal.append(plainEvent('filler', { at }))))
}

async function close ({ journal, log }: Stage): Promise<void> {
  await journal.close()
  await log.close()
}

const folder = testFolder(t)

function newFolder (): string {
  return mkdtempSync(join(folder, 'data-'))
}

/** A data folder whose gateway wrote so many entries and was stopped. */
async function written (count: number): Promise<string> {
  const dir = newFolder()
  const stage = await open(dir)
  await append(stage.journal, count)
  await close(stage)
  return dir
}

async function reader (dir: string): Promise<LogReader> {
  return readLog(join(dir, 'ledger-log'), { name: await originOf(join(dir, 'journal')) ?? '', publicKey: createPublicKey(privateKey) })
}

/** The entry hashes that the lines of a journal begin with, by their files alone. */
async function hashesOf (journalDir: string): Promise<Buffer[]> {
  const segments = await listSegments(journalDir)
  return segments.flatMap(({ path }) => readFileSync(path, 'utf8').split('\n').slice(1, -1).map((line) => Buffer.from(line.slice(0, 64), 'hex')))
}

await t.test('entries are signed by themselves, again and again, while nobody asks', async (t) => {
  const stage = await open(newFolder(), privateKey, 100)
  for (const size of [3, 5]) {
    await append(stage.journal, size - stage.log.signedSize())
    await until(() => stage.log.signedSize() === size)
    t.equal((await reader(stage.dir)).signed?.size, size, 'and the checkpoint is there for others')
  }
  t.same(stage.warnings, [])
  await close(stage)
})

await t.test('a stop signs every entry, and each of them can be proved', async (t) => {
  const dir = await written(700)
  const hashes = await hashesOf(join(dir, 'journal'))
  t.equal(hashes.length, 700)
  const { signed, prove, note } = await reader(dir)
  t.same(signed, { origin: `weir-ledger/${hashes[0]?.toString('hex').slice(0, 16)}`, size: 700, root: naiveRoot(hashes) })
  for (const index of [0, 255, 256, 512, 699]) {
    const proof = parseProof(await prove(index))
    t.equal(proof?.checkpoint, note)
    t.ok(provesInclusion(leafHash(hashes[index] ?? Buffer.alloc(0)), index, signed, proof?.hashes ?? []), `entry ${index}`)
  }
  await t.rejects(prove(700), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
})

await t.test('a log goes on where it was, over stops, crashes and new segments, and every checkpoint begins the next', async (t) => {
  const dir = newFolder()
  const seen: Checkpoint[] = []
  let stage = await open(dir)
  t.notOk(existsSync(join(dir, 'ledger-log', 'checkpoint')), 'of an empty ledger nothing is signed')
  for (const count of [1, 255, 1, 300, 20, 0]) {
    await append(stage.journal, count)
    await stage.log.sign()
    seen.push((await reader(dir)).signed)
    // What a crash leaves: no entry of this run was signed by a stop.
    const crashed = newFolder()
    await append(stage.journal, 3)
    cpSync(dir, crashed, { recursive: true })
    await close(stage)
    rmSync(join(crashed, 'journal', 'lock'))
    rmSync(join(crashed, 'ledger-log', 'lock'))
    stage = await open(crashed)
    await append(stage.journal, 2)
    await close(stage)
    t.match(await reader(crashed), { signed: { size: (seen.at(-1)?.size ?? 0) + 5, root: naiveRoot(await hashesOf(join(crashed, 'journal'))) } })
    stage = await open(dir)
    t.same(stage.warnings, [])
  }
  const { signed, consistency } = await reader(dir)
  for (const older of seen) {
    const { hashes } = await consistency(older.size, signed.size)
    t.ok(provesConsistency(older, signed, hashes), `from ${older.size} to ${signed.size}`)
    t.notOk(provesConsistency({ ...older, root: signed.root }, signed, hashes))
  }
  await t.rejects(consistency(0, 5), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
  await t.rejects(consistency(5, signed.size + 1), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
  await close(stage)
})

await t.test('nothing is signed anew while nothing is new', async (t) => {
  const dir = await written(5)
  const { note } = await reader(dir)
  const stage = await open(dir)
  await stage.log.sign()
  await close(stage)
  t.equal((await reader(dir)).note, note)
})

await t.test('a journal that was there before its log is signed from its beginning', async (t) => {
  const dir = await written(600)
  const before = await reader(dir)
  rmSync(join(dir, 'ledger-log'), { recursive: true })
  await close(await open(dir))
  t.equal((await reader(dir)).note, before.note)
})

await t.test('a journal that is shorter than what was signed, or another one, does not start', async (t) => {
  const dir = await written(300)
  const last = (await listSegments(join(dir, 'journal'))).at(-1)
  if (last === undefined) throw new Error('there is a segment')
  const whole = readFileSync(last.path)
  truncateSync(last.path, whole.lastIndexOf('\n', whole.length - 2) + 1)
  await t.rejects(open(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /299 entries, and 300 were signed/ })
  // A chain that holds, as long as the other: only its signature tells.
  const other = await written(300)
  rmSync(join(dir, 'journal'), { recursive: true })
  cpSync(join(other, 'journal'), join(dir, 'journal'), { recursive: true })
  await t.rejects(open(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /not of this journal/ })
})

await t.test('a journal whose end was written anew does not start, with its tiles or without', async (t) => {
  const dir = await written(300)
  const copy = newFolder()
  cpSync(dir, copy, { recursive: true })
  const first = await open(dir)
  await append(first.journal, 10)
  await close(first)
  const second = await open(copy)
  await append(second.journal, 10)
  await close(second)
  rmSync(join(dir, 'journal'), { recursive: true })
  cpSync(join(copy, 'journal'), join(dir, 'journal'), { recursive: true })
  await t.rejects(open(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /first 310 entries are not those that were signed/ })
  rmSync(join(dir, 'ledger-log', 'tile'), { recursive: true })
  await t.rejects(open(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /first 310 entries are not those that were signed/ })
})

await t.test('another key, and a checkpoint that was touched, do not start', async (t) => {
  const dir = await written(3)
  await t.rejects(open(dir, generateKeyPairSync('ed25519').privateKey), { code: 'WEIR_ERR_LEDGER_CORRUPT', message: /ledger-key\.pem/ })
  const file = join(dir, 'ledger-log', 'checkpoint')
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n3\n', '\n2\n'))
  await t.rejects(open(dir), { code: 'WEIR_ERR_LEDGER_CORRUPT' })
})

await t.test('tiles that are damaged prove nothing, and are made again at the next start', async (t) => {
  for (const damage of [
    (tiles: string) => { rmSync(tiles, { recursive: true }) },
    (tiles: string) => { flipFirstByte(join(tiles, '0', '001.p', '44')) },
    (tiles: string) => { truncateSync(join(tiles, '1', '000.p', '1'), 31) },
    (tiles: string) => { rmSync(join(tiles, '0', '001.p'), { recursive: true }) },
  ]) {
    const dir = await written(300)
    const { note } = await reader(dir)
    damage(join(dir, 'ledger-log', 'tile'))
    await t.rejects((await reader(dir)).prove(299), { code: 'WEIR_ERR_LEDGER_CORRUPT' })
    const stage = await open(dir)
    t.match(stage.warnings, [/tiles of the ledger's log are damaged/])
    await close(stage)
    const healed = await reader(dir)
    t.equal(healed.note, note)
    await t.resolves(healed.prove(299))
  }
})

await t.test('a damaged entry bundle proves nothing', async (t) => {
  const dir = await written(10)
  flipFirstByte(join(dir, 'ledger-log', 'tile', 'entries', '000.p', '10'), 2)
  await t.rejects((await reader(dir)).prove(0), { code: 'WEIR_ERR_LEDGER_CORRUPT' })
})

await t.test('a log that cannot be written says so once, loses nothing and goes on', async (t) => {
  const dir = newFolder()
  const stage = await open(dir)
  await append(stage.journal, 5)
  const tiles = join(dir, 'ledger-log', 'tile')
  writeFileSync(tiles, 'in the way')
  await t.rejects(stage.log.sign())
  await append(stage.journal, 300)
  await t.rejects(stage.log.sign())
  rmSync(tiles)
  await close(stage)
  t.match(await reader(dir), { signed: { size: 305, root: naiveRoot(await hashesOf(stage.journalDir)) } })
})

await t.test('partial tiles go once the full one is there', async (t) => {
  const dir = newFolder()
  const stage = await open(dir)
  for (let step = 0; step < 6; step += 1) {
    await append(stage.journal, 50)
    await stage.log.sign()
  }
  await close(stage)
  t.same(readdirSync(join(dir, 'ledger-log', 'tile', '0')).sort(), ['000', '001.p'])
  t.same(readdirSync(join(dir, 'ledger-log', 'tile', 'entries')).sort(), ['000', '001.p'])
})

await t.test('a check of all finds what is not as it was signed, and names the first entry', async (t) => {
  const dir = await written(600)
  const twin = newFolder()
  cpSync(dir, twin, { recursive: true })
  for (const place of [dir, twin]) {
    const stage = await open(place)
    await append(stage.journal, 50)
    await close(stage)
  }
  const key = { name: await originOf(join(dir, 'journal')) ?? '', publicKey: createPublicKey(privateKey) }
  const check = (place: string, by = key): ReturnType<typeof verifyLog> => verifyLog({ dir: join(place, 'ledger-log'), journalDir: join(place, 'journal'), key: by })
  const changed = (change: (log: string, journal: string) => void): string => {
    const place = newFolder()
    cpSync(dir, place, { recursive: true })
    change(join(place, 'ledger-log'), join(place, 'journal'))
    return place
  }
  t.same(await check(dir), { size: 650, problem: null })
  t.match(await check(dir, { ...key, publicKey: generateKeyPairSync('ed25519').publicKey }), { size: null, problem: { problem: /not signed by this key/ } })
  t.match(await check(changed((log) => { rmSync(join(log, 'checkpoint')) })), { problem: { problem: /no signed checkpoint/ } })
  // A chain that holds and has another end; a split view: the same key signed both.
  const spliced = changed((_, journal) => { rmSync(journal, { recursive: true }); cpSync(join(twin, 'journal'), journal, { recursive: true }) })
  t.match(await check(spliced), { problem: { index: 600, problem: /not those that were signed/ } })
  const split = changed((log) => { cpSync(join(twin, 'ledger-log', 'checkpoint'), join(log, 'checkpoint')) })
  t.match(await check(split), { problem: { index: 0, last: 649, problem: /not those that were signed/ } })
  const last = (await listSegments(join(dir, 'journal'))).at(-1)?.path ?? ''
  const cut = changed((_, journal) => { const text = readFileSync(last); writeFileSync(join(journal, basename(last)), text.subarray(0, text.lastIndexOf('\n', text.length - 2) + 1)) })
  t.match(await check(cut), { problem: { index: 649, problem: /650 entries were signed/ } })
  for (const tile of ['0/000', '0/002.p/138', '1/000.p/2', 'entries/001']) {
    t.match(await check(changed((log) => { flipFirstByte(join(log, 'tile', tile)) })), { size: 650, problem: { index: null, problem: new RegExp(`tile/${tile} is missing, or not`) } })
  }
})

await t.test('one folder has one writer', async (t) => {
  const dir = newFolder()
  const stage = await open(dir)
  const { journal, journalDir } = stage
  await t.rejects(openTransparencyLog({ dir: join(dir, 'ledger-log'), journalDir, journal, privateKey, checkpointMs: 1_000, onWarning: () => undefined }), { code: 'WEIR_ERR_LEDGER_LOCKED' })
  await close(stage)
})

function flipFirstByte (file: string, at = 0): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}
