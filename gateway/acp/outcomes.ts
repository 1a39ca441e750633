import { constants } from 'node:os'
import type { PolicyDoor, ReportedOutcome } from './ask-policy.ts'
import { isRecord, recordIn, valueIn } from './fields.ts'
import type { Params } from './message.ts'
import type { Answer } from './peer.ts'

const SIGNALS: Readonly<Record<string, number>> = constants.signals

/** What became of the requests that policy allowed: the first word on each counts, and is recorded. */
export interface Outcomes {
  /** From now on a word on this decision is owed. Of null, which has no entry, none is. */
  owe (entry: number | null): void
  say (entry: number | null, outcome: ReportedOutcome): Promise<void>
  /** No more words will come: the rest is unknown. */
  close (): Promise<void>
}

export function createOutcomes ({ report }: Pick<PolicyDoor, 'report'>): Outcomes {
  const owed = new Set<number>()
  return {
    owe (entry) { if (entry !== null) owed.add(entry) },
    async say (entry, outcome) { if (entry !== null && owed.delete(entry)) await report(entry, outcome) },
    async close () {
      const left = [...owed]
      owed.clear()
      await Promise.all(left.map((entry) => report(entry, { status: 'unknown' })))
    },
  }
}

/** What became of a file, of which `written` is what was to be in it; null when it was to be read. */
export function fileOutcome (answer: Answer, written: string | null): ReportedOutcome {
  if (answer.kind === 'error') return failedWith(answer.error.code)
  const content = written ?? valueIn(isRecord(answer.result) ? answer.result : {}, 'content')
  // An editor that answers a read without a text has read nothing.
  return typeof content === 'string' ? { status: 'done', bytes: Buffer.byteLength(content) } : { status: 'failed' }
}

/** Not begun, for an editor that says so. */
export function failedWith (code: number): ReportedOutcome {
  return Number.isInteger(code) && Math.abs(code) < 2 ** 31 ? { status: 'failed', code } : { status: 'failed' }
}

/** What became of a command, from an answer about its terminal; null when it says nothing of an end. */
export function commandOutcome (method: string, answer: Answer): ReportedOutcome | null {
  if (answer.kind === 'error') return null
  const status = method === 'terminal/wait_for_exit' ? answer.result : recordIn(answer.result, 'exitStatus')
  const code = isRecord(status) ? exitCode(status) : null
  return code === null ? null : { status: code === 0 ? 'done' : 'failed', how: 'exited', code }
}

// A signal as shells count it, which is also what the tool plane records.
function exitCode (status: Params): number | null {
  const code = valueIn(status, 'exitCode')
  if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code < 2 ** 31) return code
  const signal = valueIn(status, 'signal')
  const number = typeof signal === 'string' && Object.hasOwn(SIGNALS, signal) ? SIGNALS[signal] : undefined
  return number === undefined ? null : 128 + number
}
