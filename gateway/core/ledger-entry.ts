import type { Context, Plane } from './actor.ts'
import type { Decision } from './decision.ts'
import type { Operation } from './obligations.ts'
import type { PolicyInput } from './policy-input.ts'

/** A decision and everything needed to make it again. `digest` binds the exact native call; `approval` names the queue item. */
export interface DecisionBody {
  readonly kind: 'decision'
  readonly plane: Plane
  /** The request that asked; null when none did, absent in entries of before there were ids. */
  readonly request?: string | null
  readonly input: PolicyInput
  readonly decision: Decision
  readonly digest: string | null
  readonly approval: string | null
  /** For a call that policy allowed only changed: what was changed, and in the call of which decision. */
  readonly modified?: { readonly of: number, readonly operations: readonly Operation[] }
}

/** `unknown`: it may have happened or not, as when a connection or the gateway broke in the middle of it. */
export const OUTCOMES = ['done', 'failed', 'unknown'] as const
export type OutcomeStatus = typeof OUTCOMES[number]

/** What became of an allowed effect. `of` is the index of its decision; `detail` holds sizes, codes, usage: no content. */
export interface OutcomeBody {
  readonly kind: 'outcome'
  readonly of: number
  readonly status: OutcomeStatus
  readonly detail: Readonly<Record<string, unknown>>
}

/** Something that happened without a question: start, stop, policy load, token issue, recovery… `name` is kebab-case. */
export interface EventBody {
  readonly kind: 'event'
  readonly name: string
  readonly actor: string | null
  readonly app: string | null
  readonly environment: string | null
  readonly session: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export type EntryBody = DecisionBody | OutcomeBody | EventBody

/** Written into every entry of a gateway that runs agents without a sandbox; absent from all others. */
export interface Uncontained { readonly containment?: typeof NO_CONTAINMENT }

/** How such a gateway is named: as the sandbox driver that it runs with. */
export const NO_CONTAINMENT = 'none' as const

/**
 * One line of the ledger. `index` counts from 0 without gaps, `time` is Unix milliseconds, `prev` is the hash (hex
 * SHA-256) of the entry before, 64 zeros for the first.
 */
export type LedgerEntry = EntryBody & Uncontained & { readonly index: number, readonly time: number, readonly prev: string }

/** An event as it is appended. `context` is null for what concerns the gateway itself; `detail` holds no content and no secret. */
export function eventBody (name: string, context: Context | null, detail: Readonly<Record<string, unknown>>): EventBody {
  return {
    kind: 'event',
    name,
    actor: context?.actor.id ?? null,
    app: context?.app ?? null,
    environment: context?.environment ?? null,
    session: context?.session?.id ?? null,
    detail,
  }
}
