import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { readEntries } from '../../../gateway/ledger/read-entries.ts'
import type { Recovery } from '../../../gateway/ledger/recovery.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { testFolder } from '../../support/test-folder.ts'
import { dice } from '../transparency/mutations.ts'
import { decisionBody, plainEvent } from './bodies.ts'

const ROUNDS = 200
const SECTOR = 512
const SEED = Number(process.env['WEIR_TEST_SEED'] ?? 20_261_122)

/** What was durable when a group of entries was acknowledged: the size of each segment, and the last entry. */
interface Moment { readonly sizes: Readonly<Record<string, number>>, readonly acknowledged: number }

const folder = testFolder(t)
const written = join(folder, 'written')

function opened (dir: string): Promise<Journal> {
  return openJournal({ dir, nowMs: Date.now, onWarning: (message) => { throw new Error(message) }, segmentBytes: 8_000 })
}

function sizesIn (dir: string): Record<string, number> {
  return Object.fromEntries(readdirSync(dir).filter((name) => name.endsWith('.jsonl')).map((name) => [name, statSync(join(dir, name)).size]))
}

/** Writes a journal and keeps what was durable after each group. */
async function writeLog (): Promise<readonly Moment[]> {
  const journal = await opened(written)
  const moments: Moment[] = [{ sizes: sizesIn(written), acknowledged: -1 }]
  journal.onAppend(({ index }) => { moments.push({ sizes: sizesIn(written), acknowledged: index }) })
  const roll = dice(SEED)
  for (let group = 0; group < 60; group += 1) {
    await Promise.all(Array.from({ length: 1 + roll(6) }, (_, at) => journal.append(roll(3) === 0 ? decisionBody(roll(2) === 0 ? 'allow' : 'deny') : plainEvent('filler', { group, at, text: 'x'.repeat(roll(900)) }))))
  }
  await journal.close()
  return moments
}

await t.test(`after ${ROUNDS} power cuts no acknowledged entry is missing, and the ledger goes on (seed ${SEED})`, async (t) => {
  const moments = await writeLog()
  const whole = Object.fromEntries(Object.keys(sizesIn(written)).map((name) => [name, readFileSync(join(written, name))]))
  t.ok(Object.keys(whole).length > 3, 'there are segments that begin at a moment')
  const last = moments.at(-1)?.acknowledged ?? 0
  t.match(await verifyJournal(written), { ok: true, lastIndex: last })
  const roll = dice(SEED + 1)
  const wrong: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const at = roll(moments.length - 1)
    const [now, next] = [moments[at], moments[at + 1]] as [Moment, Moment]
    const dir = join(folder, 'cut')
    const what = cut(dir, { whole, now, next }, roll)
    const torn = tornIn(dir)
    const { entries } = await verifyJournal(dir)
    const before = await marksIn(written, entries - 1)
    const journal = await opened(dir).catch((error: unknown) => { wrong.push(`round ${round}: ${what}: ${String(error)}`); return null })
    if (journal === null) continue
    const { segment, offset, bytes } = journal.recovery ?? {}
    if (JSON.stringify({ segment, offset, bytes }) !== JSON.stringify(torn)) wrong.push(`round ${round}: ${what}: ${JSON.stringify(journal.recovery)} was cut off`)
    if (entries <= now.acknowledged) wrong.push(`round ${round}: ${what}: ${entries} whole entries`)
    await journal.append(plainEvent('after the cut'))
    await journal.close()
    const { ok, lastIndex, tail } = await verifyJournal(dir)
    const kept = (await marksIn(dir, entries - 1)).join() === before.join()
    if (!ok || !kept || tail !== 'complete' || (lastIndex ?? -1) <= now.acknowledged) wrong.push(`round ${round}: ${what}: ${JSON.stringify({ ok, lastIndex, tail, kept })}`)
    rmSync(dir, { recursive: true })
  }
  t.same(wrong, [])
})

interface Cut { readonly whole: Readonly<Record<string, Buffer>>, readonly now: Moment, readonly next: Moment }

/** The disk as a power cut leaves it: all that was synced, and of the write under way nothing, a part, or a part with zeros behind it. */
function cut (dir: string, { whole, now, next }: Cut, roll: (below: number) => number): string {
  mkdirSync(dir)
  for (const [name, size] of Object.entries(now.sizes)) writeFileSync(join(dir, name), (whole[name] as Buffer).subarray(0, size))
  const [name = '', end = 0] = Object.entries(next.sizes).find(([name, size]) => size !== now.sizes[name]) ?? []
  const bytes = (whole[name] as Buffer).subarray(0, end)
  const begun = now.sizes[name] ?? bytes.indexOf('\n') + 1
  if (now.sizes[name] === undefined) {
    // A new segment: its header is written under another name, synced, and renamed.
    const step = roll(3)
    if (step === 0) return 'before the segment'
    if (step === 1) {
      writeFileSync(join(dir, `${name}.new`), bytes.subarray(0, roll(begun + 1)))
      return 'in the header of a segment'
    }
  }
  const torn = begun + roll(end - begun)
  const atSector = roll(2) === 0 ? torn : Math.max(begun, torn - torn % SECTOR)
  const zeros = roll(2) === 0 ? 0 : roll(end - atSector)
  writeFileSync(join(dir, name), Buffer.concat([bytes.subarray(0, atSector), Buffer.alloc(zeros)]))
  return `${atSector - begun} of ${end - begun} bytes, and ${zeros} zeros`
}

/** What is behind the last whole line: all that a start may cut off. Nothing is `{}`. */
function tornIn (dir: string): Partial<Recovery> {
  const segment = Object.keys(sizesIn(dir)).sort().at(-1) ?? ''
  const content = readFileSync(join(dir, segment))
  const offset = content.lastIndexOf('\n') + 1
  return offset === content.length ? {} : { segment, offset, bytes: content.length - offset }
}

/** What tells the entries up to this index apart. */
async function marksIn (dir: string, upTo: number): Promise<string[]> {
  const marks: string[] = []
  if (upTo >= 0) for await (const entry of readEntries(dir, { to: upTo })) marks.push(JSON.stringify(entry))
  return marks
}
