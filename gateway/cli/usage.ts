import { Command, InvalidArgumentError, Option } from 'commander'
import { readEntries } from '../ledger/read-entries.ts'
import { foldSeats, memberCells, seatMembersCsv, seatsCsv } from '../ledger/seats.ts'
import { foldUsage, parseUsageGroups, USAGE_GROUPS, type UsageGroup, type UsageRow } from '../ledger/usage.ts'
import { creditsText, CURRENCY, usageCsv, usageJson } from '../ledger/usage-text.ts'
import { journalOf, parseTime } from './audit-filter.ts'
import { aligned } from './aligned.ts'
import { printable } from './entry-format.ts'
import { DATA_OPTIONS, type Io } from './io.ts'

const FORMATS = ['table', 'csv', 'json'] as const
const NANO_PER_USD = 1_000_000_000

interface UsageOptions {
  readonly group: readonly UsageGroup[]
  readonly since?: number
  readonly until?: number
  readonly format: typeof FORMATS[number]
  readonly config?: string
  readonly dataDir?: string
  readonly seats?: boolean
  readonly seatMembers?: boolean
}

/** `weir usage`: model spend and platform credits, side by side, for chargeback. Reads the journal's files. */
export function usageCommand (io: Io): Command {
  return new Command('usage')
    .description('model spend and platform credits per group')
    .option('--group <names>', `joined by commas: ${USAGE_GROUPS.join(', ')}`, parseGroups, ['actor'] as const)
    .option('--since <time>', 'not before: an ISO date, Unix milliseconds, or an age such as 30d', parseTime)
    .option('--until <time>', 'before', parseTime)
    .addOption(new Option('--format <format>', 'how to print it').choices(FORMATS).default('table'))
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .option('--seats', 'instead: members who were let start a session, per org and month, with the limit')
    .option('--seat-members', 'instead: each of these members, with when the seat was taken and released, and why')
    .action(async (options: UsageOptions) => {
      const { group, since, until } = options
      if (options.seatMembers === true) return await printSeatMembers(io, options)
      if (options.seats === true) return await printSeats(io, options)
      const rows = await foldUsage(readEntries(journalOf(io, options)), group, { sinceMs: since, untilMs: until })
      for (const part of textOf(rows, options)) io.stdout(part)
    })
}

async function printSeats (io: Io, options: UsageOptions): Promise<void> {
  const { since, until, format } = options
  const { rows } = await foldSeats(readEntries(journalOf(io, options)), { sinceMs: since, untilMs: until })
  if (format === 'json') return io.stdout(`${JSON.stringify({ rows })}\n`)
  if (format === 'csv') return io.stdout([...seatsCsv(rows)].join(''))
  for (const line of aligned([['month', 'org', 'seats', 'limit', 'released'], ...rows.map(({ month, org, seats, limit, released }) => [month, org, String(seats), limit === null ? 'none' : String(limit), String(released)])], 2)) io.stdout(line)
}

async function printSeatMembers (io: Io, options: UsageOptions): Promise<void> {
  const { since, until, format } = options
  const { members } = await foldSeats(readEntries(journalOf(io, options)), { sinceMs: since, untilMs: until })
  if (format === 'json') return io.stdout(`${JSON.stringify({ rows: members })}\n`)
  if (format === 'csv') return io.stdout([...seatMembersCsv(members)].join(''))
  const lines = members.map((member) => memberCells(member).map((cell) => cell === '' ? '-' : printable(cell)))
  for (const line of aligned([['month', 'org', 'actor', 'taken', 'last session', 'releases', 'released', 'why'], ...lines], 8)) io.stdout(line)
}

function textOf (rows: readonly UsageRow[], { format, group, since, until }: UsageOptions): Iterable<string> {
  switch (format) {
    case 'csv': return usageCsv(rows, group)
    case 'json': return [...usageJson(rows, { since: since ?? null, until: until ?? null }), '\n']
    case 'table': return table(rows, group)
  }
}

const FIGURES: readonly (readonly [string, (row: UsageRow) => string])[] = [
  ['requests', (row) => String(row.requests)],
  ['estimated', (row) => String(row.estimatedRequests)],
  ['unpriced', (row) => String(row.unpricedRequests)],
  ['guessed', (row) => String(row.guessedRequests)],
  ['input', (row) => String(row.inputTokens)],
  ['cached', (row) => String(row.cachedTokens)],
  ['output', (row) => String(row.outputTokens)],
  ['reasoning', (row) => String(row.reasoningTokens)],
  ['cost', (row) => `${(row.costNanoUsd / NANO_PER_USD).toFixed(6)} ${CURRENCY}`],
  ['sessions', (row) => String(row.sessions)],
  ['container', (row) => `${row.containerSeconds}s`],
  ['credits', (row) => creditsText(row.milliCredits)],
]

function table (rows: readonly UsageRow[], group: readonly UsageGroup[]): readonly string[] {
  const names = USAGE_GROUPS.filter((name) => group.includes(name))
  const lines = [[...names, ...FIGURES.map(([name]) => name)], ...rows.map((row) => [...names.map((name) => row.group[name] ?? ''), ...FIGURES.map(([, figure]) => figure(row))])]
  return [...aligned(lines, names.length), `prices: ${listed(rows.flatMap((row) => row.priceSources), ', ')}\n`, `${CURRENCY} for a million tokens: ${listed(rows.flatMap((row) => row.unitPrices), '; ')}\n`]
}

function listed (texts: readonly string[], between: string): string {
  return texts.length === 0 ? 'none' : printable([...new Set(texts)].sort().join(between))
}

function parseGroups (text: string): readonly UsageGroup[] {
  const groups = parseUsageGroups(text)
  if (groups === null) throw new InvalidArgumentError(`Give some of: ${USAGE_GROUPS.join(', ')}.`)
  return groups
}
