import { BUDGET_WINDOWS, NO_AMOUNT, type Amount, type BudgetWindow } from '../../core/budget.ts'

/** What was used up in one UTC period, by the number of the period. */
export interface Spent { readonly period: number, readonly amount: Amount }

/** What one gateway adds to an account: what its ledger says was spent, and what its running requests hold. */
export interface Contribution { readonly spent: Readonly<Record<BudgetWindow, Spent>>, readonly held: Amount }

const NUMBERS = 4 + 4 * BUDGET_WINDOWS.length
const MAX_TEXT = 600

/** As numbers in a line: held (money, tokens, requests, running), then period, money, tokens and requests of each window. */
export function contributionText ({ spent, held }: Contribution): string {
  let text = `${held.nanoUsd},${held.tokens},${held.requests},${held.running}`
  for (const window of BUDGET_WINDOWS) {
    const { period, amount } = spent[window]
    text += `,${period},${amount.nanoUsd},${amount.tokens},${amount.requests}`
  }
  return text
}

/** Null for what is no contribution: then nothing is known about the account. */
export function readContribution (text: unknown): Contribution | null {
  if (typeof text !== 'string' || text.length > MAX_TEXT) return null
  const words = text.split(',')
  if (words.length !== NUMBERS || !words.every((word) => /^[0-9]{1,24}$/.test(word))) return null
  const numbers = words.map(Number)
  const at = (i: number): number => numbers[i] ?? 0
  const spentAt = (i: number): Spent => ({ period: at(i), amount: { nanoUsd: at(i + 1), tokens: at(i + 2), requests: at(i + 3), running: 0 } })
  return { held: { nanoUsd: at(0), tokens: at(1), requests: at(2), running: at(3) }, spent: { hour: spentAt(4), day: spentAt(8), month: spentAt(12), total: spentAt(16) } }
}

/** Sums of several gateways. Of a window in which they are in different periods, the newest one counts. */
export function plusContribution (sum: Contribution, more: Contribution): Contribution {
  return { held: plus(sum.held, more.held), spent: eachWindow((window) => joined(sum.spent[window], more.spent[window], plus)) }
}

/** What is known now, but never less spent than was known before in the same period: a store that lost its data does not free a budget. */
export function notLess (known: Contribution, before: Contribution): Contribution {
  return { held: known.held, spent: eachWindow((window) => joined(known.spent[window], before.spent[window], most)) }
}

/** For the last words of a gateway: what it held is for answers that are given, and its ledger will say what they cost when it is read again. */
export function allSpent ({ spent, held }: Contribution): Contribution {
  return { held: NO_AMOUNT, spent: eachWindow((window) => ({ period: spent[window].period, amount: { ...plus(spent[window].amount, held), running: 0 } })) }
}

export const NO_CONTRIBUTION: Contribution = Object.freeze({ held: NO_AMOUNT, spent: eachWindow(() => ({ period: 0, amount: NO_AMOUNT })) })

function eachWindow<T> (of: (window: BudgetWindow) => T): Record<BudgetWindow, T> {
  return { hour: of('hour'), day: of('day'), month: of('month'), total: of('total') }
}

function joined (a: Spent, b: Spent, join: (a: Amount, b: Amount) => Amount): Spent {
  if (a.period !== b.period) return a.period > b.period ? a : b
  return { period: a.period, amount: join(a.amount, b.amount) }
}

function plus (a: Amount, b: Amount): Amount {
  return { nanoUsd: a.nanoUsd + b.nanoUsd, tokens: a.tokens + b.tokens, requests: a.requests + b.requests, running: a.running + b.running }
}

function most (a: Amount, b: Amount): Amount {
  return { nanoUsd: Math.max(a.nanoUsd, b.nanoUsd), tokens: Math.max(a.tokens, b.tokens), requests: Math.max(a.requests, b.requests), running: Math.max(a.running, b.running) }
}
