/** What the gateway says of one group's use. */
export interface UsageRow {
  readonly group: Readonly<Record<string, string | null>>
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly cost: string
  readonly unpricedRequests: number
  readonly guessedRequests: number
  readonly sessions: number
  readonly sessionSeconds: number
  readonly milliCredits: number
  readonly credits: string
}

export interface Daily {
  readonly days: readonly string[]
  readonly series: ReadonlyArray<{ readonly name: string, readonly values: readonly number[] }>
}

const DAY_MS = 86_400_000
const MOST_SERIES = 6 // as many colours can be told apart
const MOST_DAYS = 366
export const REST = 'all others'

/** Rows by day and by something else as one series for each of the largest, and one for the rest. Days of nothing are there too. */
export function dailyOf (rows: readonly UsageRow[], group: string, valueOf: (row: UsageRow) => number): Daily {
  const nameOf = (row: UsageRow): string => row.group[group] ?? 'none'
  const totals = new Map<string, number>()
  for (const row of rows) totals.set(nameOf(row), (totals.get(nameOf(row)) ?? 0) + valueOf(row))
  const sorted = [...totals].filter(([, total]) => total > 0).sort(([, a], [, b]) => b - a).map(([name]) => name)
  const shown = sorted.length <= MOST_SERIES ? sorted : sorted.slice(0, MOST_SERIES - 1)
  const names = sorted.length <= MOST_SERIES ? shown : [...shown, REST]
  const days = daysOf(rows)
  const place = new Map(days.map((day, index) => [day, index]))
  const values = new Map(names.map((name) => [name, days.map(() => 0)]))
  for (const row of rows) {
    const at = place.get(row.group['day'] ?? '')
    const into = values.get(nameOf(row)) ?? values.get(REST)
    if (at !== undefined && into !== undefined) into[at] = (into[at] ?? 0) + valueOf(row)
  }
  return { days, series: names.map((name) => ({ name, values: values.get(name) ?? [] })) }
}

function daysOf (rows: readonly UsageRow[]): readonly string[] {
  const times = rows.flatMap(({ group }) => group['day'] == null ? [] : [Date.parse(group['day'])])
  if (times.length === 0) return []
  const last = Math.max(...times)
  const first = Math.max(Math.min(...times), last - (MOST_DAYS - 1) * DAY_MS)
  return Array.from({ length: Math.round((last - first) / DAY_MS) + 1 }, (_none, index) => new Date(first + index * DAY_MS).toISOString().slice(0, 10))
}
