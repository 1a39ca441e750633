import { rmSync } from 'node:fs'
import type { Context } from './core/actor.ts'
import { eventBody, type EventBody } from './core/ledger-entry.ts'
import type { Journal } from './ledger/journal.ts'
import { readEntries } from './ledger/read-entries.ts'
import { SESSION_STOPPED } from './ledger/usage-entry.ts'
import { changesLost } from './sessions/changes-lost.ts'
import { chargeFor, type CreditRates } from './sessions/credits.ts'
import { readRunMarks, type LeftMarks, type RunMark } from './sessions/run-marks.ts'

const REASON = 'gateway-killed'

export interface LeftSessionsPorts {
  readonly file: string
  readonly journal: Journal
  readonly journalDir: string
  readonly rates: CreditRates
  readonly nowMs: () => number
  readonly onWarning: (message: string, cause: unknown) => void
}

/**
 * Charges the sessions that ran when the last gateway was killed, up to their last sign of life, and marks the charge as estimated; and
 * records what of their changes was lost. A session whose end the ledger holds is not charged again.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_APPEND, WEIR_ERR_LEDGER_CORRUPT
 */
export async function closeLeftSessions (ports: LeftSessionsPorts): Promise<void> {
  const left = leftMarks(ports)
  if (left === null) return
  const seen = await lookedUp(ports.journalDir, left)
  await Promise.all(left.marks.filter(({ session }) => seen.get(session)?.isStopped !== true).map(async (mark) => {
    const lastEntryMs = seen.get(mark.session)?.lastMs ?? mark.startedAtMs
    const lost = await lostBy(mark, ports)
    if (lost !== null) await ports.journal.append(lost)
    await ports.journal.append(stopped(mark, Math.min(ports.nowMs(), Math.max(left.lastSignMs, lastEntryMs)), ports.rates))
  }))
  // Only now: killed once more before this line, the next start looks again.
  rmSync(ports.file, { force: true })
}

function leftMarks ({ file, onWarning }: LeftSessionsPorts): LeftMarks | null {
  try {
    return readRunMarks(file)
  } catch (cause) {
    onWarning('the list of running sessions cannot be read; what was running is not charged', cause)
    return null
  }
}

function stopped (mark: RunMark, endedAtMs: number, rates: CreditRates): EventBody {
  const { context: { actor }, startedAtMs, containerFromMs } = mark
  const charge = chargeFor(rates, endedAtMs - startedAtMs, endedAtMs - containerFromMs)
  return eventBody(SESSION_STOPPED, contextOf(mark), { ...charge, reason: REASON, estimated: true, org: actor.org, groups: actor.groups })
}

// Its workspace is still there until the sandboxes of this gateway are opened. A report that fails keeps no gateway from starting.
async function lostBy (mark: RunMark, { onWarning }: LeftSessionsPorts): Promise<EventBody | null> {
  try {
    return await changesLost(mark, contextOf(mark), REASON)
  } catch (cause) {
    onWarning('what a session that was cut off had not committed cannot be told', cause)
    return null
  }
}

function contextOf ({ context: { actor, app, environment }, session }: RunMark): Context {
  return { plane: 'operator', actor, app, environment, session: { id: session, client: '', agent: '' } }
}

interface Seen { readonly isStopped: boolean, readonly lastMs: number }

async function lookedUp (journalDir: string, { marks }: LeftMarks): Promise<ReadonlyMap<string, Seen>> {
  const ids = new Set(marks.map(({ session }) => session))
  const seen = new Map<string, Seen>()
  for await (const entry of readEntries(journalDir, { from: Math.min(...marks.map((mark) => mark.entry)) })) {
    const id = entry.kind === 'decision' ? entry.input.session?.id : entry.kind === 'event' ? entry.session : null
    if (typeof id !== 'string' || !ids.has(id)) continue
    seen.set(id, { isStopped: seen.get(id)?.isStopped === true || (entry.kind === 'event' && entry.name === SESSION_STOPPED), lastMs: entry.time })
  }
  return seen
}
