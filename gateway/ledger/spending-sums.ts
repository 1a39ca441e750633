import type { Amount, Spent } from '../core/circumstances.ts'

const DAY_MS = 86_400_000
const NANO = 1_000_000_000

interface Row { readonly day: number, readonly month: number, readonly ofDay: Amount, readonly ofMonth: Amount }

/** Sums of model use per actor and environment in their latest UTC day and month. Fed in ledger order; one small row per pair. */
export interface SpendingSums {
  /** `usage` is what a ledger's outcome holds; what is no number in it counts as 0. */
  add (actor: string, environment: string, timeMs: number, usage: unknown): void
  /** @param held is added to both, before money becomes a fraction: 0.1 and 0.2 dollars are not more than 0.3 */
  of (actor: string, environment: string, nowMs: number, held?: Amount): { readonly day: Spent, readonly month: Spent }
}

const NOTHING: Amount = { nanoUsd: 0, tokens: 0, requests: 0 }

export function createSpendingSums (): SpendingSums {
  const rows = new Map<string, Row>()
  const keyOf = (actor: string, environment: string): string => JSON.stringify([environment, actor])
  return {
    add (actor, environment, timeMs, usage) {
      const key = keyOf(actor, environment)
      const [day, month] = periodsOf(timeMs)
      const before = rows.get(key)
      rows.set(key, {
        day,
        month,
        ofDay: added(before?.day === day ? before.ofDay : NOTHING, usage),
        ofMonth: added(before?.month === month ? before.ofMonth : NOTHING, usage),
      })
    },
    of (actor, environment, nowMs, held = NOTHING) {
      const row = rows.get(keyOf(actor, environment))
      const [day, month] = periodsOf(nowMs)
      return { day: spent(row?.day === day ? row.ofDay : NOTHING, held), month: spent(row?.month === month ? row.ofMonth : NOTHING, held) }
    },
  }
}

function periodsOf (timeMs: number): [day: number, month: number] {
  const date = new Date(timeMs)
  return [Math.floor(timeMs / DAY_MS), date.getUTCFullYear() * 12 + date.getUTCMonth()]
}

function added (sum: Amount, usage: unknown): Amount {
  return {
    nanoUsd: sum.nanoUsd + amount(usage, 'costNanoUsd'),
    tokens: sum.tokens + amount(usage, 'inputTokens') + amount(usage, 'outputTokens'),
    requests: sum.requests + 1,
  }
}

function amount (usage: unknown, member: string): number {
  const value = typeof usage === 'object' && usage !== null ? (usage as Record<string, unknown>)[member] : undefined
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

function spent (sum: Amount, held: Amount): Spent {
  return { usd: (sum.nanoUsd + held.nanoUsd) / NANO, tokens: sum.tokens + held.tokens, requests: sum.requests + held.requests }
}
