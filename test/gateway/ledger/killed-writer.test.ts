import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import type { Recovery } from '../../../gateway/ledger/recovery.ts'
import { listSegments } from '../../../gateway/ledger/segment.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { checkpointFileOf, logDirOf, noteKeyOf } from '../../../gateway/transparency/log-place.ts'
import { verifyLog } from '../../../gateway/transparency/verify-log.ts'
import { WITHOUT_RUNNER } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'
import { linesOf } from '../retention/old-ledger.ts'
import { dice, type Dice } from '../transparency/mutations.ts'

// A kill loses nothing that the kernel has: what a disk loses besides is the power cut's test.
const ROUNDS = 200
const LIVES = 10 // of a ledger, each of which begins with what the kill before it left
const AT_ONCE = 4
const SEED = Number(process.env['WEIR_TEST_SEED'] ?? 20_261_122)
const WRITER = new URL('./journal-writer.js', import.meta.url).pathname

/** What a life of the writer came to. `recovery` is undefined when it was killed before it had opened the ledger. */
interface Life { readonly recovery: Recovery | null | undefined, readonly effects: readonly Effect[] }
interface Effect { readonly entry: number, readonly mark: string }

/** What must be found again: the effects, the end of the chain, the signed checkpoints, and what the next start has to cut off. */
interface Known { readonly effects: readonly Effect[], readonly lines: number, readonly head: string, readonly kept: readonly string[], readonly torn: Pick<Recovery, 'segment' | 'offset' | 'bytes'> | null }

const totals = { effects: 0, torn: 0, early: 0, signed: 0 }

/** Runs the writer and kills it: while it opens the ledger, when that is open, or after so many effects. */
async function killed (dir: string, roll: Dice): Promise<Life> {
  const lines = [1, 2][roll(8)] ?? 3 + roll(40)
  const child = spawn('bash', ['-c', `${WITHOUT_RUNNER}exec "$0" "$@"`, process.execPath, WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: string[] = []
  const ended = new Promise<NodeJS.Signals | null>((resolve) => { child.once('close', (_, signal) => resolve(signal)) })
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length === lines) child.kill('SIGKILL')
  }
  const signal = await ended
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself after ${said.length} lines`)
  const [, recovery, ...effects] = said
  return {
    recovery: recovery === undefined ? undefined : JSON.parse(recovery) as Recovery | null,
    effects: effects.map((line) => ({ entry: Number(line.split(' ')[0]), mark: line.split(' ')[1] ?? '' })),
  }
}

/** What a kill left, after a look at all of it. @throws Error naming what does not hold */
async function lookAt (dir: string, { recovery, effects }: Life, before: Known): Promise<Known> {
  const journalDir = join(dir, 'journal')
  if (recovery !== undefined) expectSame('what the start cut off', recovery === null ? null : { segment: recovery.segment, offset: recovery.offset, bytes: recovery.bytes }, before.torn)
  const last = existsSync(journalDir) ? (await listSegments(journalDir)).at(-1) : undefined
  if (last === undefined) return before
  const lines = await linesOf(dir)
  const { ok, firstBad, entries, tail } = await verifyJournal(journalDir)
  expectSame('the journal', { ok, firstBad, entries }, { ok: true, firstBad: null, entries: lines.length })
  if (before.lines > 0) expectSame('the entry that was the last one', lines[before.lines - 1]?.slice(0, 64), before.head)
  const all = [...before.effects, ...effects]
  const without = all.filter(({ entry, mark }) => !allows(lines[entry], mark))
  expectSame('effects without their entry', without, [])

  const key = await noteKeyOf(dir, journalDir)
  const isSigned = existsSync(checkpointFileOf(logDirOf(dir)))
  const kept = isSigned ? [...before.kept, readFileSync(checkpointFileOf(logDirOf(dir)), 'utf8')] : before.kept
  if (isSigned && key !== null) expectSame('the tree', (await verifyLog({ dir: logDirOf(dir), journalDir, key, kept })).problem, null)

  const bytes = readFileSync(last.path)
  const offset = bytes.lastIndexOf('\n') + 1
  const torn = offset === bytes.length ? null : { segment: basename(last.path), offset, bytes: bytes.length - offset }
  expectSame('the tail', tail, torn === null ? 'complete' : 'incomplete')
  totals.effects += effects.length
  totals.torn += torn === null ? 0 : 1
  totals.early += recovery === undefined ? 1 : 0
  totals.signed += isSigned ? 1 : 0
  return { effects: all, lines: lines.length, head: lines.at(-1)?.slice(0, 64) ?? '', kept, torn }
}

function allows (line: string | undefined, mark: string): boolean {
  const entry = line === undefined ? null : JSON.parse(line.slice(65)) as LedgerEntry
  return entry?.kind === 'decision' && entry.decision.verdict === 'allow' && entry.input.session?.id === mark
}

function expectSame (what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: ${JSON.stringify(found)} where ${JSON.stringify(wanted)} was expected`)
}

const folder = testFolder(t)

/** The lives of one ledger. @returns what went wrong */
async function livesOf (name: string, roll: Dice): Promise<readonly string[]> {
  const dir = join(folder, name)
  mkdirSync(dir)
  let known: Known = { effects: [], lines: 0, head: '', kept: [], torn: null }
  for (let life = 0; life < LIVES; life += 1) {
    try {
      known = await lookAt(dir, await killed(dir, roll), known)
    } catch (error) {
      return [`${name}, life ${life}: ${String(error)}`]
    }
  }
  const journal = await openJournal({ dir: join(dir, 'journal'), nowMs: Date.now, onWarning: (message) => { throw new Error(message) } })
  await journal.close()
  const { ok, tail, unsettled } = await verifyJournal(join(dir, 'journal'))
  return ok && tail === 'complete' && unsettled === 0 ? [] : [`${name}: ${JSON.stringify({ ok, tail, unsettled })}`]
}

await t.test(`after each of ${ROUNDS} kills every effect has its entry, and chain and tree are whole (seed ${SEED})`, async (t) => {
  const names = Array.from({ length: ROUNDS / LIVES }, (_, at) => `ledger-${at}`)
  const wrong: string[] = []
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) wrong.push(...await livesOf(name, dice(SEED + names.length)))
  }))
  t.same(wrong, [])
  t.ok(totals.effects > ROUNDS && totals.signed > ROUNDS / 2, JSON.stringify(totals))
  t.comment(JSON.stringify(totals))
})
