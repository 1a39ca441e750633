import type { Place } from '../syntax/syntax-tree.ts'

/** What `weir policy check` can find. A published word keeps its meaning: machines read them. */
export const FINDING_CODES = [
  'syntax', 'compile', 'builtin', 'undefined', 'fails-open', 'default-allow', 'no-metadata', 'no-test', 'not-imported', 'duplicate-id', 'wrong-id',
  'no-rego-v1', 'control-character', 'unformatted', 'misformatted', 'not-loadable',
  'data', 'idle-role', 'dead-grant', 'no-approver',
] as const
export type FindingCode = typeof FINDING_CODES[number]

/** An error rejects the folder, a warning does not. */
export interface Finding extends Place {
  readonly severity: 'error' | 'warning'
  readonly code: FindingCode
  readonly message: string
  /** What to write instead. */
  readonly hint: string
}

/** An error at a place. */
export function rejected (code: FindingCode, { file, row, col }: Place, message: string, hint: string): Finding {
  return { severity: 'error', code, file, row, col, message, hint }
}

/** A warning at a place. */
export function doubted (code: FindingCode, { file, row, col }: Place, message: string, hint: string): Finding {
  return { severity: 'warning', code, file, row, col, message, hint }
}

/** Findings in the order in which a reader meets them; the same one is not told twice. */
export function inOrder (findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.file}:${finding.row}:${finding.col}:${finding.code}:${finding.message}`, finding]))
  return [...seen.values()].sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : a.row - b.row || a.col - b.col)
}

const MAX_SOURCE_CHARS = 160

/**
 * The source line of a place with a caret below its column, indented. Empty when there is no such line.
 *
 * @param text the whole file
 */
export function sourceFrame (text: string, { row, col }: Pick<Place, 'row' | 'col'>): string {
  const line = text.split(/\r?\n/)[row - 1]
  if (line === undefined) return ''
  const from = Math.max(0, col - 1 - MAX_SOURCE_CHARS / 2)
  const shown = line.slice(from, from + MAX_SOURCE_CHARS)
  // Tabs stay tabs, so that the caret stands below its column whatever the terminal's tab width is.
  const gap = line.slice(from, Math.min(Math.max(col - 1, from), from + shown.length)).replace(/[^\t]/g, ' ')
  const number = String(row).padStart(5)
  return `${number} | ${shown}\n${' '.repeat(number.length)} | ${gap}^\n`
}
