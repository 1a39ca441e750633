import { rmSync } from 'node:fs'
import { eventBody } from './core/ledger-entry.ts'
import type { Journal } from './ledger/journal.ts'
import { readEntries } from './ledger/read-entries.ts'
import { SESSION_STOPPED } from './ledger/usage-entry.ts'
import { chargeFor, type CreditRates } from './sessions/credits.ts'
import { readRunMarks, type LeftMarks, type RunMark } from './sessions/run-marks.ts'

export interface LeftSessionsPorts {
  readonly file: string
  readonly journal: Journal
  readonly journalDir: string
  readonly rates: CreditRates
  readonly nowMs: () => number
  readonly onWarning: (message: string, cause: unknown) => void
}

/**
 * Charges the sessions that ran when the last gateway was killed, up to their last sign of life, and marks the charge as estimated. A
 * session whose end the ledger holds is not charged again.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_APPEND, WEIR_ERR_LEDGER_CORRUPT
 */
export async function closeLeftSessions (ports: LeftSessionsPorts): Promise<void> {
  const left = leftMarks(ports)
  if (left === null) return
  const seen = await lookedUp(ports.journalDir, left)
  await Promise.all(left.marks.filter(({ session }) => seen.get(session)?.isStopped !== true).map((mark) => {
    const lastEntryMs = seen.get(mark.session)?.lastMs ?? mark.startedAtMs
    return ports.journal.append(stopped(mark, Math.min(ports.nowMs(), Math.max(left.lastSignMs, lastEntryMs)), ports.rates))
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

function stopped ({ context, session, startedAtMs, containerFromMs }: RunMark, endedAtMs: number, rates: CreditRates): ReturnType<typeof eventBody> {
  const { actor, app, environment } = context
  const charge = chargeFor(rates, endedAtMs - startedAtMs, endedAtMs - containerFromMs)
  const of = { plane: 'operator' as const, actor, app, environment, session: { id: session, client: '', agent: '' } }
  return eventBody(SESSION_STOPPED, of, { ...charge, reason: 'gateway-killed', estimated: true, org: actor.org, groups: actor.groups })
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
