import type { BudgetUse } from './budget.ts'
import type { Context } from './actor.ts'
import type { NO_CONTAINMENT } from './ledger-entry.ts'
import type { Subject } from './subject.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = typeof WEEKDAYS[number]

/**
 * Where the actor's organisation stands with its seats: `limit` is null when it has none, `used` (members who started a session in this UTC
 * month) while it is not known, `member` is whether the actor is surely one of them. `idle_days` are the whole days without a session of whoever
 * would have to give up a seat; null when nobody would or could.
 */
export interface SeatUse { readonly limit: number | null, readonly used: number | null, readonly member: boolean, readonly idle_days: number | null }

/** The subagents of a session: `running` were let start and have not ended, `total` were let start since it began. */
export interface DelegationUse { readonly running: number, readonly total: number }

/** What a decision may depend on besides the call and who makes it. `clock` is local, `HH:MM`. */
export interface Circumstances {
  readonly time: { readonly day: Weekday, readonly clock: string } | null
  /** Every limit of every budget that is for this request; null where nobody asked. */
  readonly usage: readonly BudgetUse[] | null
  /** For the start of a session; null where nobody asked. */
  readonly seats: SeatUse | null
  /** For a call that starts a subagent; null where nobody asked, and for callers whose subagents are not seen. */
  readonly delegation: DelegationUse | null
  /** `none` where agents and their commands run without a sandbox; null where they have one. */
  readonly containment: typeof NO_CONTAINMENT | null
}

/** The circumstances that the data in force ask for; what they do not ask for is null. Synchronous and without effect. */
export type CircumstancesOf = (subject: Subject, context: Context, nowMs: number) => Circumstances
