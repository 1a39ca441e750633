// Spreadsheets also take the full-width signs for the plain ones, and look for a sign behind white space that begins a cell.
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/** One record after RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvLine (cells: readonly string[]): string {
  return cells
    .map((cell) => FORMULA.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell)
    .map((cell) => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
    .join(',')
}
