import { csvLine } from './csv-line.ts'
import { REPORT_GROUPS, type ReportBy, type ReportRow } from './reports.ts'
import { creditsText, CURRENCY, dollarsText, USAGE_COLUMNS } from './usage-text.ts'

type Column = readonly [name: string, cell: (row: ReportRow) => string]

const COLUMNS: readonly Column[] = [
  ['tried', (row) => String(row.tried)],
  ['allowed', (row) => String(row.allowed)],
  ['pending', (row) => String(row.pending)],
  ['denied', (row) => String(row.denied)],
  ['tool_calls', (row) => String(row.toolCalls)],
  ['approved', (row) => String(row.approved)],
  ['approved_by', (row) => row.approvedBy.join('; ')],
  ['tools', (row) => row.tools.join('; ')],
  ['first', (row) => timeText(row.firstMs)],
  ['last', (row) => timeText(row.lastMs)],
]

/** The report as CSV, line by line: the group, its decisions, and what it used in the columns of `weir usage`. */
export function * reportCsv (rows: readonly ReportRow[], by: ReportBy): Generator<string> {
  const names = REPORT_GROUPS[by]
  const usage = by === 'rule' ? [] : USAGE_COLUMNS
  yield `${csvLine([...names, ...COLUMNS.map(([name]) => name), ...usage.map(([name]) => name)])}\n`
  for (const row of rows) {
    const { usage: used } = row
    yield `${csvLine([...names.map((name) => row.group[name] ?? ''), ...COLUMNS.map(([, cell]) => cell(row)), ...used === null ? [] : usage.map(([, cell]) => cell(used))])}\n`
  }
}

/** The report as one JSON object, in pieces: `by`, `currency`, what `head` says, and the rows, with cost and credits spelled out. */
export function * reportJson (rows: readonly ReportRow[], by: ReportBy, head: Readonly<Record<string, unknown>>): Generator<string> {
  yield `${JSON.stringify({ by, currency: CURRENCY, ...head }).slice(0, -1)},"rows":[`
  for (const [place, { usage, ...row }] of rows.entries()) {
    const used = usage === null ? null : { ...usage, cost: dollarsText(usage.costNanoUsd), credits: creditsText(usage.milliCredits) }
    yield `${place === 0 ? '' : ','}${JSON.stringify({ ...row, usage: used })}`
  }
  yield ']}'
}

export function timeText (ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString()
}
