import { sortUsage, USAGE_FIGURES, USAGE_GROUPS, type UsageFigure, type UsageGroup, type UsageOwner, type UsagePeriod, type UsageRow } from '../ledger/usage.ts'
import { SESSION_STOPPED } from '../ledger/usage-entry.ts'
import type { Row, Store } from './store.ts'

export interface UsageQuery extends UsagePeriod, UsageOwner { readonly group: readonly UsageGroup[] }

/** Spend and credits per group, summed by the store. The same figures as `foldUsage`. @throws GatewayError WEIR_ERR_STORE */
export async function usageReport (store: Store, query: UsageQuery): Promise<readonly UsageRow[]> {
  const group = USAGE_GROUPS.filter((name) => query.group.includes(name))
  const keys = group.map((name) => `"by_${name}"`)
  const sums = USAGE_FIGURES.map((name) => `coalesce(sum("${name}"), 0)::float8 AS "${name}"`)
  const sql = `
    WITH spent AS (${SPENT})
    SELECT ${[...keys, ...sums, ...PRICES.map(listed)].join(', ')} FROM spent
    WHERE ($1::text IS NULL OR time >= $1::text::bigint) AND ($2::text IS NULL OR time < $2::text::bigint)
      AND ($3::text IS NULL OR "by_actor" = $3) AND ($4::text IS NULL OR "by_app" = $4) AND ($5::text IS NULL OR "by_environment" = $5)
    ${keys.length === 0 ? '' : `GROUP BY ${keys.join(', ')}`}`
  const time = (ms: number | undefined): string | null => ms === undefined ? null : String(Math.round(ms))
  const params = [time(query.sinceMs), time(query.untilMs), query.actor ?? null, query.app ?? null, query.environment ?? null]
  const rows = (await store.query(sql, params)).map((row) => usageRow(row, group))
  return sortUsage(rows.filter((row) => row.requests > 0 || row.sessions > 0))
}

const PRICES = ['priceSource', 'unitPrices'] as const
const listed = (name: string): string => `array_to_json(array_agg(DISTINCT "${name}") FILTER (WHERE "${name}" IS NOT NULL))::text AS "${name}"`

// Only what is a number counts; `numeric` keeps sums of nano-dollars exact.
const amount = (path: string): string => `CASE WHEN jsonb_typeof(${path}) = 'number' THEN (${path})::numeric ELSE 0 END`
const used = (name: string): string => amount(`o.entry #> '{detail,usage,${name}}'`)
const text = (entry: string, path: string): string => `CASE WHEN jsonb_typeof(${entry} #> '{${path}}') = 'string' THEN ${entry} #>> '{${path}}' END`
// Ordered by bytes, as the journal's report orders them: a database's own order depends on its locale.
const groups = (path: string): string => `(SELECT string_agg(g.one, ',' ORDER BY g.one COLLATE "C") FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(${path}) = 'array' THEN ${path} ELSE '[]'::jsonb END) AS g (one))`
const isEstimated = (path: string): string => `o.entry #> '{${path}}' = 'true'::jsonb`

type Columns = Readonly<Partial<Record<`by_${UsageGroup}` | UsageFigure | typeof PRICES[number], string>>>

const OF_REQUESTS: Columns = {
  by_org: 'd.entry #>> \'{input,actor,org}\'',
  by_group: groups('d.entry #> \'{input,actor,groups}\''),
  by_provider: text('o.entry', 'detail,usage,provider'),
  by_model: text('o.entry', 'detail,usage,model'),
  by_key: text('o.entry', 'detail,keyId'),
  priceSource: text('o.entry', 'detail,usage,priceSource'),
  unitPrices: `${text('o.entry', 'detail,usage,provider')} || '/' || ${text('o.entry', 'detail,usage,model')} || ': ' || ${text('o.entry', 'detail,usage,unitPrices')}`,
  requests: '1',
  estimatedRequests: `CASE WHEN ${isEstimated('detail,usage,estimated')} THEN 1 ELSE 0 END`,
  unpricedRequests: 'CASE WHEN jsonb_typeof(o.entry #> \'{detail,usage,costNanoUsd}\') = \'number\' THEN 0 ELSE 1 END',
  guessedRequests: 'CASE WHEN jsonb_typeof(o.entry #> \'{detail,usage,costNanoUsd}\') = \'number\' AND o.entry #> \'{detail,usage,priced}\' = \'false\'::jsonb THEN 1 ELSE 0 END',
  webSearches: used('webSearches'),
  fileSearches: used('fileSearches'),
  inputTokens: used('inputTokens'),
  cachedTokens: used('cachedTokens'),
  cacheWriteTokens: used('cacheWriteTokens'),
  cacheWrite1hTokens: used('cacheWrite1hTokens'),
  audioInputTokens: used('audioInputTokens'),
  outputTokens: used('outputTokens'),
  reasoningTokens: used('reasoningTokens'),
  audioOutputTokens: used('audioOutputTokens'),
  costNanoUsd: used('costNanoUsd'),
  estimatedCostNanoUsd: `CASE WHEN ${isEstimated('detail,usage,estimated')} THEN ${used('costNanoUsd')} ELSE 0 END`,
}

const OF_SESSIONS: Columns = {
  by_org: text('o.entry', 'detail,org'),
  by_group: groups('o.entry #> \'{detail,groups}\''),
  sessions: '1',
  estimatedSessions: `CASE WHEN ${isEstimated('detail,estimated')} THEN 1 ELSE 0 END`,
  sessionSeconds: amount('o.entry #> \'{detail,sessionSeconds}\''),
  containerSeconds: amount('o.entry #> \'{detail,containerSeconds}\''),
  milliCredits: amount('o.entry #> \'{detail,milliCredits}\''),
}

const DAY = 'to_char(to_timestamp(o.time / 1000.0) AT TIME ZONE \'UTC\', \'YYYY-MM-DD\')'

// Both halves name every column in the same order.
function selected (columns: Columns): string {
  const own: Columns = { by_actor: 'o.actor', by_app: 'o.app', by_environment: 'o.environment', by_session: 'o.session', by_day: DAY, ...columns }
  const named = USAGE_GROUPS.map((name) => `(${own[`by_${name}`] ?? 'NULL'})::text AS "by_${name}"`)
  const figures = USAGE_FIGURES.map((name) => `(${own[name] ?? '0'})::numeric AS "${name}"`)
  return ['o.time', ...named, ...figures, ...PRICES.map((name) => `(${own[name] ?? 'NULL'})::text AS "${name}"`)].join(', ')
}

const SPENT = `
  SELECT ${selected(OF_REQUESTS)} FROM ledger o LEFT JOIN ledger d ON d.index = o.of_index
  WHERE o.kind = 'outcome' AND o.entry -> 'detail' ? 'usage'
  UNION ALL
  SELECT ${selected(OF_SESSIONS)} FROM ledger o WHERE o.kind = 'event' AND o.name = '${SESSION_STOPPED}'`

function usageRow (row: Row, group: readonly UsageGroup[]): UsageRow {
  const name = (column: string): string | null => typeof row[column] === 'string' ? row[column] : null
  const figures = Object.fromEntries(USAGE_FIGURES.map((figure) => [figure, Number(row[figure])])) as Record<UsageFigure, number>
  const list = (column: typeof PRICES[number]): readonly string[] => (JSON.parse(name(column) ?? '[]') as string[]).sort()
  return {
    group: Object.fromEntries(group.map((key) => [key, name(`by_${key}`)])),
    ...figures,
    priceSources: list('priceSource'),
    unitPrices: list('unitPrices'),
  }
}
