import type { Spender } from '../core/budget.ts'
import type { LedgerEntry } from '../core/ledger-entry.ts'

/** Who spent what an outcome says. */
export interface Spending { readonly of: number, readonly timeMs: number, readonly spender: Spender, readonly usage: unknown }

/** Joins the outcomes of model requests to who asked. Feed it every entry in order. */
export interface SpenderJoin {
  /** What the entry says was spent; null for nothing. */
  spendingOf (entry: LedgerEntry): Spending | null
  /** Who has asked and is not answered yet, to go on from. */
  saved (): SavedSpenders
}

/** Open requests by their entries. */
export type SavedSpenders = ReadonlyArray<readonly [entry: number, spender: Spender]>

export function joinSpenders (saved: SavedSpenders = []): SpenderJoin {
  const open = new Map<number, Spender>(saved)
  return {
    saved: () => [...open],
    spendingOf (entry) {
      if (entry.kind === 'decision' && entry.decision.verdict === 'allow') {
        const spender = spenderOf(entry.input)
        if (spender !== null) open.set(entry.index, spender)
      }
      if (entry.kind !== 'outcome') return null
      const spender = open.get(entry.of)
      open.delete(entry.of)
      if (spender === undefined || !('usage' in entry.detail)) return null
      const usage = entry.detail['usage']
      return { of: entry.of, timeMs: entry.time, spender: { ...spender, token: textIn(usage, 'token'), key: textIn(entry.detail, 'keyId') }, usage }
    },
  }
}

function spenderOf ({ kind, actor, app, environment, session, model }: Extract<LedgerEntry, { kind: 'decision' }>['input']): Spender | null {
  if (kind !== 'model-request' || model === null) return null
  return { org: actor.org, groups: actor.groups, actor: actor.id, role: actor.role, app, environment, session: session?.id ?? null, model: `${model.provider}/${model.id}`, provider: model.provider, token: null }
}

function textIn (value: unknown, name: string): string | null {
  const text = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : null
  return typeof text === 'string' ? text : null
}
