import { Command, InvalidArgumentError, Option } from 'commander'
import { readEntries } from '../ledger/read-entries.ts'
import { foldUsage, USAGE_GROUPS, type UsageGroup, type UsageRow } from '../ledger/usage.ts'
import { journalOf, parseTime } from './audit.ts'
import { csvLine, printable } from './entry-format.ts'
import { DATA_OPTIONS, type Io } from './io.ts'

const FORMATS = ['table', 'csv', 'json'] as const
const NANO_PER_USD = 1_000_000_000

interface UsageOptions {
  readonly group: readonly UsageGroup[]
  readonly since?: number
  readonly format: typeof FORMATS[number]
  readonly config?: string
  readonly dataDir?: string
}

/** `weir usage`: model spend and platform credits, side by side, for chargeback. Reads the journal's files. */
export function usageCommand (io: Io): Command {
  return new Command('usage')
    .description('model spend and platform credits per group')
    .option('--group <names>', `joined by commas: ${USAGE_GROUPS.join(', ')}`, parseGroups, ['actor'] as const)
    .option('--since <time>', 'not before: an ISO date, Unix milliseconds, or an age such as 30d', parseTime)
    .addOption(new Option('--format <format>', 'how to print it').choices(FORMATS).default('table'))
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: UsageOptions) => {
      const rows = await foldUsage(readEntries(journalOf(io, options)), options.group, options.since)
      io.stdout(textOf(rows, options))
    })
}

function textOf (rows: readonly UsageRow[], { format, group }: UsageOptions): string {
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`
  const names = USAGE_GROUPS.filter((name) => group.includes(name))
  const lines = [[...names, ...FIGURES.map(([name]) => name)], ...rows.map((row) => [...names.map((name) => row.group[name] ?? ''), ...FIGURES.map(([, figure]) => figure(row))])]
  return format === 'csv' ? lines.map((cells) => `${csvLine(cells)}\n`).join('') : table(lines.map((cells) => cells.map(printable)), names.length)
}

const FIGURES: readonly (readonly [string, (row: UsageRow) => string])[] = [
  ['requests', (row) => String(row.requests)],
  ['input', (row) => String(row.inputTokens)],
  ['cached', (row) => String(row.cachedTokens)],
  ['output', (row) => String(row.outputTokens)],
  ['reasoning', (row) => String(row.reasoningTokens)],
  ['cost_usd', (row) => (row.costNanoUsd / NANO_PER_USD).toFixed(6)],
  ['unpriced', (row) => String(row.unpricedRequests)],
  ['sessions', (row) => String(row.sessions)],
  ['seconds', (row) => String(Math.round(row.seconds))],
  ['credits', (row) => String(row.credits)],
]

function table (lines: readonly (readonly string[])[], textColumns: number): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const aligned = (cell: string, column: number): string => column < textColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return lines.map((cells) => `${cells.map(aligned).join('  ').trimEnd()}\n`).join('')
}

function parseGroups (text: string): readonly UsageGroup[] {
  return text.split(',').map((part) => {
    const group = USAGE_GROUPS.find((name) => name === part.trim())
    if (group === undefined) throw new InvalidArgumentError(`Give some of: ${USAGE_GROUPS.join(', ')}.`)
    return group
  })
}
