import { csvLine } from './csv-line.ts'
import { USAGE_GROUPS, type UsageFigures, type UsageGroup, type UsagePrices, type UsageRow } from './usage.ts'

/** Currency of every cost. */
export const CURRENCY = 'USD'

const NANO_DIGITS = 9
const MILLI_DIGITS = 3

/** Whole nano-dollars as dollars, without rounding: `2.500000000`. */
export function dollarsText (nanoUsd: number): string {
  return decimal(nanoUsd, NANO_DIGITS)
}

/** Whole milli-credits as credits: `61.500`. */
export function creditsText (milliCredits: number): string {
  return decimal(milliCredits, MILLI_DIGITS)
}

// Digits are moved rather than divided: a bill that is a billionth off is a wrong bill.
function decimal (value: number, digits: number): string {
  const text = BigInt(Math.round(value)).toString().padStart(digits + 1, '0')
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

type Column = readonly [name: string, cell: (row: UsageFigures & UsagePrices) => string]

/** What is said of a group's usage in a table for programs. */
export const USAGE_COLUMNS: readonly Column[] = [
  ['requests', (row) => String(row.requests)],
  ['estimated_requests', (row) => String(row.estimatedRequests)],
  ['unpriced_requests', (row) => String(row.unpricedRequests)],
  ['guessed_requests', (row) => String(row.guessedRequests)],
  ['web_searches', (row) => String(row.webSearches)],
  ['file_searches', (row) => String(row.fileSearches)],
  ['input_tokens', (row) => String(row.inputTokens)],
  ['cached_tokens', (row) => String(row.cachedTokens)],
  ['cache_write_tokens', (row) => String(row.cacheWriteTokens)],
  ['cache_write_1h_tokens', (row) => String(row.cacheWrite1hTokens)],
  ['audio_input_tokens', (row) => String(row.audioInputTokens)],
  ['output_tokens', (row) => String(row.outputTokens)],
  ['reasoning_tokens', (row) => String(row.reasoningTokens)],
  ['audio_output_tokens', (row) => String(row.audioOutputTokens)],
  ['cost_nano_usd', (row) => String(row.costNanoUsd)],
  ['cost', (row) => dollarsText(row.costNanoUsd)],
  ['estimated_cost', (row) => dollarsText(row.estimatedCostNanoUsd)],
  ['currency', () => CURRENCY],
  ['price_sources', (row) => row.priceSources.join('; ')],
  ['unit_prices', (row) => row.unitPrices.join('; ')],
  ['sessions', (row) => String(row.sessions)],
  ['estimated_sessions', (row) => String(row.estimatedSessions)],
  ['session_seconds', (row) => String(row.sessionSeconds)],
  ['container_seconds', (row) => String(row.containerSeconds)],
  ['credits', (row) => creditsText(row.milliCredits)],
]

/** The report as CSV, line by line. */
export function * usageCsv (rows: readonly UsageRow[], group: readonly UsageGroup[]): Generator<string> {
  const names = USAGE_GROUPS.filter((name) => group.includes(name))
  yield `${csvLine([...names, ...USAGE_COLUMNS.map(([name]) => name)])}\n`
  for (const row of rows) yield `${csvLine([...names.map((name) => row.group[name] ?? ''), ...USAGE_COLUMNS.map(([, cell]) => cell(row))])}\n`
}

/** The report as one JSON object, in pieces: `currency`, what `head` says, and the rows with cost and credits spelled out. */
export function * usageJson (rows: readonly UsageRow[], head: Readonly<Record<string, unknown>>): Generator<string> {
  yield `${JSON.stringify({ currency: CURRENCY, ...head }).slice(0, -1)},"rows":[`
  for (const [place, row] of rows.entries()) {
    yield `${place === 0 ? '' : ','}${JSON.stringify({ ...row, cost: dollarsText(row.costNanoUsd), credits: creditsText(row.milliCredits) })}`
  }
  yield ']}'
}
