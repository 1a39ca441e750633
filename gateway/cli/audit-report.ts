import { Command, Option } from 'commander'
import { ENVIRONMENTS } from '../core/actor.ts'
import { readEntries } from '../ledger/read-entries.ts'
import { foldReport, REPORT_GROUPS, REPORTS, type ReportBy, type ReportRow } from '../ledger/reports.ts'
import { reportCsv, reportJson, timeText } from '../ledger/report-text.ts'
import { creditsText, CURRENCY, dollarsText } from '../ledger/usage-text.ts'
import { aligned } from './aligned.ts'
import { journalOf, parseTime, type PlaceOptions } from './audit-filter.ts'
import { printable } from './entry-format.ts'
import { DATA_OPTIONS, type Io } from './io.ts'

const FORMATS = ['table', 'csv', 'json'] as const

interface ReportOptions extends PlaceOptions {
  readonly by: ReportBy
  readonly env?: string
  readonly actor?: string
  readonly app?: string
  readonly since?: number
  readonly until?: number
  readonly format: typeof FORMATS[number]
}

/** `weir audit report`: what was tried, allowed and denied, by whom approved, and what it cost. Reads the journal's files, whether a gateway runs or not. */
export function reportCommand (io: Io): Command {
  return new Command('report')
    .description('what was tried, allowed, denied and approved, and what it cost, each environment apart')
    .addOption(new Option('--by <what>', 'a row for each of these').choices(REPORTS).default('actor'))
    .addOption(new Option('--env <environment>', 'of one environment').choices(ENVIRONMENTS))
    .option('--actor <id>', 'of one actor')
    .option('--app <app>', 'of one app')
    .option('--since <time>', 'not before: an ISO date, Unix milliseconds, or an age such as 30d', parseTime)
    .option('--until <time>', 'before', parseTime)
    .addOption(new Option('--format <format>', 'how to print it').choices(FORMATS).default('table'))
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: ReportOptions) => {
      const { by, env, actor, app, since, until } = options
      const rows = await foldReport(readEntries(journalOf(io, options)), { by, environment: env, actor, app, sinceMs: since, untilMs: until })
      for (const part of textOf(rows, options)) io.stdout(part)
    })
}

function textOf (rows: readonly ReportRow[], { by, since, until, format }: ReportOptions): Iterable<string> {
  switch (format) {
    case 'csv': return reportCsv(rows, by)
    case 'json': return [...reportJson(rows, by, { since: since ?? null, until: until ?? null }), '\n']
    case 'table': return table(rows, by)
  }
}

type Column = readonly [name: string, cell: (row: ReportRow) => string]

const COLUMNS: readonly Column[] = [
  ['tried', (row) => String(row.tried)],
  ['allowed', (row) => String(row.allowed)],
  ['pending', (row) => String(row.pending)],
  ['denied', (row) => String(row.denied)],
  ['approved', (row) => String(row.approved)],
  ['approved by', (row) => row.approvedBy.join(', ')],
  ['last', (row) => timeText(row.lastMs)],
]

const SPENT: readonly Column[] = [
  ['cost', ({ usage }) => usage === null ? '' : `${dollarsText(usage.costNanoUsd)} ${CURRENCY}`],
  ['credits', ({ usage }) => usage === null ? '' : creditsText(usage.milliCredits)],
]

function table (rows: readonly ReportRow[], by: ReportBy): readonly string[] {
  const names = REPORT_GROUPS[by]
  const columns = by === 'rule' ? COLUMNS : [...COLUMNS, ...SPENT]
  const lines = aligned([[...names, ...columns.map(([name]) => name)], ...rows.map((row) => [...names.map((name) => row.group[name] ?? '-'), ...columns.map(([, cell]) => cell(row))])], names.length)
  return by === 'rule' ? lines : [...lines, `prices: ${sourcesOf(rows)}\n`]
}

function sourcesOf (rows: readonly ReportRow[]): string {
  const sources = new Set(rows.flatMap(({ usage }) => usage?.priceSources ?? []))
  return sources.size === 0 ? 'none' : printable([...sources].sort().join(', '))
}
