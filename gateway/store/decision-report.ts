import { DECISION_FIGURES, joinUsage, REPORT_GROUPS, usageGroups, type DecisionFigure, type DecisionRow, type ReportGroup, type ReportQuery, type ReportRow } from '../ledger/reports.ts'
import type { Row, Store } from './store.ts'
import { usageReport } from './usage-report.ts'

/** What was tried, allowed, denied and spent, counted by the store. The same rows as `foldReport`. @throws GatewayError WEIR_ERR_STORE */
export async function decisionReport (store: Store, query: ReportQuery): Promise<readonly ReportRow[]> {
  const group: readonly ReportGroup[] = REPORT_GROUPS[query.by]
  const keys = group.map((name) => `"${name}"`).join(', ')
  const figures = DECISION_FIGURES.map((name) => `count(*) FILTER (WHERE ${FILTERS[name]})::float8 AS "${name}"`).join(', ')
  const sql = `
    SELECT ${keys}, ${figures}, min(time)::float8 AS first, max(time)::float8 AS last, ${namesOf('tool')} AS tools, ${namesOf('approver')} AS approvers
    FROM (${DECISIONS}) AS decisions GROUP BY ${keys}`
  const time = (ms: number | undefined): string | null => ms === undefined ? null : String(Math.round(ms))
  const rows = await store.query(sql, [time(query.sinceMs), time(query.untilMs), query.actor ?? null, query.app ?? null, query.environment ?? null])
  const usage = usageGroups(query.by)
  return joinUsage(rows.map((row) => decisionRow(row, group)), usage === null ? null : await usageReport(store, { ...query, group: usage }))
}

const FILTERS: Readonly<Record<DecisionFigure, string>> = {
  tried: 'true',
  allowed: 'verdict = \'allow\'',
  pending: 'verdict = \'pending\'',
  denied: 'verdict = \'deny\'',
  toolCalls: 'question = \'tool-call\'',
  approved: 'approver IS NOT NULL',
}

const namesOf = (column: string): string => `array_to_json(array_agg(DISTINCT ${column}) FILTER (WHERE ${column} IS NOT NULL))::text`

const DECISIONS = `
  SELECT actor, app, environment, session, rule, verdict, tool, time, entry #>> '{input,kind}' AS question,
    CASE WHEN verdict = 'allow' AND entry #>> '{input,kind}' <> 'approval' THEN entry #>> '{input,approval,by}' END AS approver
  FROM ledger
  WHERE kind = 'decision' AND ($1::text IS NULL OR time >= $1::text::bigint) AND ($2::text IS NULL OR time < $2::text::bigint)
    AND ($3::text IS NULL OR actor = $3) AND ($4::text IS NULL OR app = $4) AND ($5::text IS NULL OR environment = $5)`

function decisionRow (row: Row, group: readonly ReportGroup[]): DecisionRow {
  const names = (column: string): readonly string[] => typeof row[column] === 'string' ? (JSON.parse(row[column]) as string[]).sort() : []
  return {
    group: Object.fromEntries(group.map((name) => [name, typeof row[name] === 'string' ? row[name] : null])),
    ...Object.fromEntries(DECISION_FIGURES.map((name) => [name, Number(row[name])])) as Record<DecisionFigure, number>,
    tools: names('tools'),
    approvedBy: names('approvers'),
    firstMs: Number(row['first']),
    lastMs: Number(row['last']),
  }
}
