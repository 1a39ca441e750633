import { sortUsage, USAGE_GROUPS, type UsageGroup, type UsageRow } from '../ledger/usage.ts'
import type { Row, Store } from './store.ts'

export interface UsageQuery {
  readonly group: readonly UsageGroup[]
  /** Unix milliseconds, inclusive. */
  readonly sinceMs?: number | undefined
  readonly actor?: string | undefined
  readonly app?: string | undefined
  readonly environment?: string | undefined
}

const COLUMNS: Readonly<Record<UsageGroup, string>> = {
  actor: 'actor', app: 'app', environment: 'environment', session: 'session', provider: 'provider', model: 'model',
}

const SUMS = ['requests', 'inputTokens', 'outputTokens', 'cachedTokens', 'reasoningTokens', 'costNanoUsd', 'unpricedRequests', 'sessions', 'seconds', 'credits'] as const

/** Spend and credits per group, summed by the store. The same figures as `foldUsage`. @throws GatewayError WEIR_ERR_STORE */
export async function usageReport (store: Store, query: UsageQuery): Promise<readonly UsageRow[]> {
  const group = USAGE_GROUPS.filter((name) => query.group.includes(name))
  const keys = group.map((name) => COLUMNS[name])
  const sums = SUMS.map((name) => `coalesce(sum("${name}"), 0)::float8 AS "${name}"`)
  const sql = `
    WITH spent AS (${SPENT})
    SELECT ${[...keys, ...sums].join(', ')} FROM spent
    WHERE ($1::text IS NULL OR time >= $1::text::bigint) AND ($2::text IS NULL OR actor = $2)
      AND ($3::text IS NULL OR app = $3) AND ($4::text IS NULL OR environment = $4)
    ${keys.length === 0 ? '' : `GROUP BY ${keys.join(', ')}`}`
  const params = [query.sinceMs === undefined ? null : String(query.sinceMs), query.actor ?? null, query.app ?? null, query.environment ?? null]
  const rows = (await store.query(sql, params)).map((row) => usageRow(row, group))
  return sortUsage(rows.filter((row) => row.requests > 0 || row.sessions > 0))
}

// Only what is a number counts; `numeric` keeps sums of nano-dollars exact.
const amount = (path: string): string => `CASE WHEN jsonb_typeof(${path}) = 'number' THEN (${path})::numeric ELSE 0 END`
const used = (name: string): string => amount(`entry #> '{detail,usage,${name}}'`)
const SPENT = `
  SELECT time, actor, app, environment, session, entry #>> '{detail,usage,provider}' AS provider, entry #>> '{detail,usage,model}' AS model,
    1 AS "requests", ${used('inputTokens')} AS "inputTokens", ${used('outputTokens')} AS "outputTokens", ${used('cachedTokens')} AS "cachedTokens",
    ${used('reasoningTokens')} AS "reasoningTokens", ${used('costNanoUsd')} AS "costNanoUsd",
    CASE WHEN jsonb_typeof(entry #> '{detail,usage,costNanoUsd}') = 'number' THEN 0 ELSE 1 END AS "unpricedRequests",
    0 AS "sessions", 0::numeric AS "seconds", 0::numeric AS "credits"
  FROM ledger WHERE kind = 'outcome' AND entry -> 'detail' ? 'usage'
  UNION ALL
  SELECT time, actor, app, environment, session, NULL, NULL, 0, 0, 0, 0, 0, 0, 0,
    1, ${amount('entry #> \'{detail,seconds}\'')}, ${amount('entry #> \'{detail,credits}\'')}
  FROM ledger WHERE kind = 'event' AND name = 'session-stopped'`

function usageRow (row: Row, group: readonly UsageGroup[]): UsageRow {
  const text = (name: string): string | null => typeof row[name] === 'string' ? row[name] : null
  const figure = (name: typeof SUMS[number]): number => Number(row[name])
  return {
    group: Object.fromEntries(group.map((name) => [name, text(COLUMNS[name])])),
    requests: figure('requests'),
    inputTokens: figure('inputTokens'),
    outputTokens: figure('outputTokens'),
    cachedTokens: figure('cachedTokens'),
    reasoningTokens: figure('reasoningTokens'),
    costNanoUsd: figure('costNanoUsd'),
    unpricedRequests: figure('unpricedRequests'),
    sessions: figure('sessions'),
    seconds: figure('seconds'),
    credits: figure('credits'),
  }
}
