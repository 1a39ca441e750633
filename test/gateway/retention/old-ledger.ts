import type { KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { listSegments } from '../../../gateway/ledger/segment.ts'
import { expireEntries, type ExpiryEffects, type ExpiryReport } from '../../../gateway/retention/expire-entries.ts'
import type { KeepRule } from '../../../gateway/retention/retention-config.ts'
import { ledgerKeyFileOf, logDirOf } from '../../../gateway/transparency/log-place.ts'
import { openTransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { ALICE, BOB, decisionBody, plainEvent } from '../ledger/bodies.ts'

export const DAY_MS = 86_400_000
/** When the ledgers of these tests begin, Unix ms. */
export const BEGIN_MS = 1_700_000_000_000

/** All that may go, of an age of 40 days. */
export const RULES: readonly KeepRule[] = (['DEV', 'PROD', 'TEST'] as const).flatMap((environment) => (['decision', 'outcome'] as const).map((kind) => ({ environment, kind, keepMs: 40 * DAY_MS })))

const onWarning = (message: string): never => { throw new Error(message) }

/** Writes a ledger of small segments, an entry a day: decisions of two environments, their outcomes, and events; each signed. */
export async function oldLedger (dir: string, privateKey: KeyObject, days: number): Promise<void> {
  mkdirSync(dirname(ledgerKeyFileOf(dir)), { recursive: true })
  writeFileSync(ledgerKeyFileOf(dir), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await withLedger(dir, privateKey, BEGIN_MS, async ({ journal, tick }) => {
    const open: number[] = []
    for (let day = 0; day < days; day += 1) {
      tick(DAY_MS)
      const of = day % 5 === 4 ? open.shift() : undefined
      if (of !== undefined) await journal.append({ kind: 'outcome', of, status: 'done', detail: {} })
      else if (day % 5 === 3) await journal.append(plainEvent('filler', { day }))
      else {
        const verdict = day % 5 === 0 ? 'allow' : 'deny'
        const index = await journal.append(decisionBody(verdict, day % 2 === 0 ? ALICE : BOB))
        if (verdict === 'allow') open.push(index)
      }
    }
  })
}

interface Opened { readonly journal: Awaited<ReturnType<typeof openJournal>>, readonly sign: (upTo?: number) => Promise<void>, tick (ms: number): void }

/** Opens journal and log of a folder, signs at the end. */
export async function withLedger<T> (dir: string, privateKey: KeyObject, nowMs: number, work: (opened: Opened) => Promise<T>): Promise<T> {
  let now = nowMs
  const journalDir = join(dir, 'journal')
  const journal = await openJournal({ dir: journalDir, nowMs: () => now, onWarning, segmentBytes: 12_000 })
  const log = await openTransparencyLog({ dir: logDirOf(dir), journalDir, journal, privateKey, checkpointMs: 3_600_000, onWarning })
  try {
    return await work({ journal, sign: (upTo) => log.sign(upTo), tick (ms) { now += ms } })
  } finally {
    await journal.close()
    await log.close()
  }
}

export interface Expiring { readonly rules?: readonly KeepRule[], readonly nowMs: number, readonly effects?: Partial<ExpiryEffects>, readonly pace?: () => Promise<void> }

/** One run over a folder that nobody else has open. */
export async function expire (dir: string, privateKey: KeyObject, { rules = RULES, nowMs, effects, pace = async () => {} }: Expiring): Promise<ExpiryReport> {
  return await withLedger(dir, privateKey, nowMs, async ({ journal, sign }) => await expireEntries({
    journalDir: join(dir, 'journal'),
    rules,
    by: 'test',
    nowMs: () => nowMs,
    pace,
    settled: new Map(),
    effects: { ledger: journal, sign, haveAll: async () => true, forget: async () => {}, ...effects },
  }))
}

/** The text of each line of a journal, those of headers left out. */
export async function linesOf (dir: string): Promise<readonly string[]> {
  const segments = await listSegments(join(dir, 'journal'))
  return segments.flatMap(({ path }) => readFileSync(path, 'utf8').split('\n').slice(1, -1))
}
