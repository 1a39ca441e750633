import type { Amount, BudgetUse } from '../core/budget.ts'

const NANO = 1_000_000_000

/**
 * What a request to a model that has hardly answered yet holds: what is left, when that is less than the guess. Otherwise a budget
 * smaller than the guess would never be used, and so nothing ever learned. Only for a request that runs alone on its accounts, so
 * that no more than one answer can exceed a budget in this way.
 */
export function roomFor (amount: Amount, usage: readonly BudgetUse[], isAlone: boolean): Amount {
  if (!isAlone) return amount
  let { nanoUsd, tokens } = amount
  for (const { limit, max, used, mode } of usage) {
    if (used === null || mode === 'warn' || used >= max) continue
    if (limit.startsWith('usd_')) nanoUsd = Math.min(nanoUsd, Math.floor((max - used) * NANO))
    if (limit.startsWith('tokens_')) tokens = Math.min(tokens, Math.floor(max - used))
  }
  return { ...amount, nanoUsd, tokens }
}
