import { printable } from './entry-format.ts'

/** Rows as lines with columns of one width, safe to print: the first `textColumns` to the left, the others to the right. The first row has all columns. */
export function aligned (rows: readonly (readonly string[])[], textColumns: number): readonly string[] {
  const lines = rows.map((cells) => cells.map(printable))
  const widths = (lines[0] ?? []).map((_, column) => lines.reduce((widest, cells) => Math.max(widest, cells[column]?.length ?? 0), 0))
  const padded = (cell: string, column: number): string => column < textColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return lines.map((cells) => `${cells.map(padded).join('  ').trimEnd()}\n`)
}
