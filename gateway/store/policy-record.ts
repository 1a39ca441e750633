import type { Verdict } from '../core/decision.ts'
import type { Row, Store } from './store.ts'

const MOST_DECISIONS = 100_000
const MOST_RULES = 1_000
const MOST_EVENTS = 50

/** How often one rule decided, and when last, Unix ms. */
export interface RuleHits { readonly rule: string, readonly verdict: Verdict, readonly count: number, readonly lastMs: number }

/** `counted` decisions were looked at: the newest of the period, at most a hundred thousand. `isWhole` is whether that was all of them. */
export interface HitReport { readonly hits: readonly RuleHits[], readonly counted: number, readonly isWhole: boolean }

export interface HitQuery { readonly sinceMs: number, readonly app?: string | undefined, readonly environment?: string | undefined }

const HITS = `
  WITH recent AS (
    SELECT time, rule, verdict FROM ledger
    WHERE kind = 'decision' AND time >= $1::bigint AND ($2::text IS NULL OR app = $2) AND ($3::text IS NULL OR environment = $3)
    ORDER BY index DESC LIMIT ${MOST_DECISIONS}
  )
  SELECT rule, verdict, count(*)::float8 AS count, max(time)::float8 AS last, (SELECT count(*) FROM recent)::float8 AS counted
  FROM recent GROUP BY rule, verdict ORDER BY count(*) DESC, rule LIMIT ${MOST_RULES}`

/** How often each rule decided. @throws GatewayError WEIR_ERR_STORE */
export async function ruleHits (store: Store, { sinceMs, app, environment }: HitQuery): Promise<HitReport> {
  const rows = await store.query(HITS, [String(Math.round(sinceMs)), app ?? null, environment ?? null])
  const counted = Number(rows[0]?.['counted'] ?? 0)
  return { hits: rows.map((row) => ({ rule: String(row['rule']), verdict: row['verdict'] as Verdict, count: Number(row['count']), lastMs: Number(row['last']) })), counted, isWhole: counted < MOST_DECISIONS }
}

/** A policy that came into force, or that was refused and why. */
export interface PolicyChange { readonly index: number, readonly timeMs: number, readonly event: 'policy-loaded' | 'policy-rejected', readonly revision: string, readonly rules: number | null, readonly code: string | null }

// What the gateway itself says has no actor: by that it is found in an index.
const CHANGES = `
  SELECT index::float8 AS index, time::float8 AS time, name, entry #>> '{detail,revision}' AS revision, entry #>> '{detail,rules}' AS rules, entry #>> '{detail,code}' AS code
  FROM ledger WHERE actor IS NULL AND kind = 'event' AND name IN ('policy-loaded', 'policy-rejected') ORDER BY index DESC LIMIT ${MOST_EVENTS}`

/** The newest changes of policy, newest first. @throws GatewayError WEIR_ERR_STORE */
export async function policyChanges (store: Store): Promise<readonly PolicyChange[]> {
  return (await store.query(CHANGES, [])).map(changeOf)
}

function changeOf (row: Row): PolicyChange {
  const rules = row['rules']
  const code = row['code']
  return {
    index: Number(row['index']),
    timeMs: Number(row['time']),
    event: row['name'] === 'policy-loaded' ? 'policy-loaded' : 'policy-rejected',
    revision: String(row['revision']),
    rules: typeof rules === 'string' ? Number(rules) : null,
    code: typeof code === 'string' ? code : null,
  }
}
