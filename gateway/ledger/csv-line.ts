/** One record after RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvLine (cells: readonly string[]): string {
  return cells
    .map((cell) => /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell)
    .map((cell) => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
    .join(',')
}
