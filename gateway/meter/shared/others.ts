import { NO_AMOUNT, type Amount, type BudgetWindow } from '../../core/budget.ts'
import { periodOf } from '../../ledger/spending-sums.ts'
import { NO_CONTRIBUTION, notLess, plusContribution, readContribution, type Contribution } from './contribution.ts'

/** What the other gateways together used up of an account, and hold. */
export type Others = Contribution

/** Of the period that now is. */
export function othersSpent ({ spent }: Others, window: BudgetWindow, nowMs: number): Amount {
  const { period, amount } = spent[window]
  return period === periodOf(window, nowMs) ? amount : NO_AMOUNT
}

/** Adds up the lines of an answer; null when one of them cannot be read. What a gateway held that is not alive any more is free. */
export function readOthers (lines: unknown): Others | null {
  if (!Array.isArray(lines) || lines.length % 2 !== 0) return null
  let sum = NO_CONTRIBUTION
  for (let i = 0; i < lines.length; i += 2) {
    const one = readContribution(lines[i + 1])
    if (one === null) return null
    sum = plusContribution(sum, lines[i] === '1' ? one : { spent: one.spent, held: NO_AMOUNT })
  }
  return sum
}

const MAX_KNOWN = 50_000 // accounts; those that were not asked about for the longest time are forgotten first

/** What was last heard of the others, for when they cannot be asked. */
export interface LastKnown {
  /** @returns what is now to be gone by; null when it could not be read */
  heard (account: string, others: Others | null): Others | null
  /** Nothing when nothing was heard; null when what was heard could not be read. */
  of (account: string): Others | null
}

export function createLastKnown (): LastKnown {
  const known = new Map<string, Others | null>()
  return {
    heard (account, others) {
      const before = known.get(account)
      const now = others === null || before == null || before === NO_CONTRIBUTION ? others : notLess(others, before)
      known.delete(account)
      const oldest = known.size < MAX_KNOWN ? undefined : known.keys().next().value
      if (oldest !== undefined) known.delete(oldest)
      known.set(account, now)
      return now
    },
    of: (account) => known.has(account) ? known.get(account) ?? null : NO_CONTRIBUTION,
  }
}

/** What is gone by without an answer: places among running requests are given back by the second, so those of the others are not counted. */
export function withoutRunning (others: Others): Others {
  return { spent: others.spent, held: { ...others.held, running: 0 } }
}
