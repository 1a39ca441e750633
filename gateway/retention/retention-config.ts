import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { durationWithin } from '../duration.ts'
import type { RetentionFile } from './retention-schema.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MIN_KEEP_MS = 32 * DAY_MS // longer than any month: what is counted by the month is there to be counted
const MAX_KEEP_MS = 36_500 * DAY_MS
const MAX_EVERY_MS = 720 * HOUR_MS

/** How long entries of one kind are kept in one environment, ms. */
export interface KeepRule { readonly environment: Environment, readonly kind: 'decision' | 'outcome', readonly keepMs: number }

export interface RetentionConfig { readonly everyMs: number, readonly rules: readonly KeepRule[] }

/** `ledger.retention` with its defaults. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function readRetention ({ keep, every = '24h' }: RetentionFile): RetentionConfig {
  const rules = ENVIRONMENTS.flatMap((environment) => (['decision', 'outcome'] as const).flatMap((kind): KeepRule[] => {
    const text = keep[environment]?.[`${kind}s`]
    return text === undefined ? [] : [{ environment, kind, keepMs: durationWithin(`ledger.retention.keep.${environment}.${kind}s`, text, MIN_KEEP_MS, MAX_KEEP_MS) }]
  }))
  return Object.freeze({ everyMs: durationWithin('ledger.retention.every', every, HOUR_MS, MAX_EVERY_MS), rules })
}

/** A rule as the ledger names it, such as `DEV decisions 90d`. */
export function ruleText ({ environment, kind, keepMs }: KeepRule): string {
  return `${environment} ${kind}s ${keepMs / DAY_MS}d`
}
