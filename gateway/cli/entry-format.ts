import type { LedgerEntry } from '../core/ledger-entry.ts'
import type { EntryAbout } from '../ledger/entry-about.ts'
import { entryCells, ENTRY_COLUMNS, type EntryColumn } from '../ledger/formats/entry-csv.ts'
import { headOf, lineOf, PROGRAM_FORMATS } from '../ledger/formats/entry-formats.ts'
import type { LedgerSource } from '../ledger/formats/outward-entry.ts'

export const ENTRY_FORMATS = ['table', ...PROGRAM_FORMATS] as const
export type EntryFormat = typeof ENTRY_FORMATS[number]

/** Prints entries one by one. */
export interface EntryWriter { write (entry: LedgerEntry, of: EntryAbout | null): void, end (): void }

// Rows are printed as they come, so widths are fixed; what is longer pushes its row out, but is never cut.
const WIDTHS: Readonly<Partial<Record<EntryColumn, number>>> = { index: 7, time: 24, kind: 8, verdict: 7, rule: 34, actor: 22, app: 8, environment: 4, what: 0 }

export function entryWriter (format: EntryFormat, source: LedgerSource, out: (text: string) => void): EntryWriter {
  const head = format === 'table' ? tableLine((name) => name.toUpperCase()) : headOf(format)
  let isBegun = false
  function begin (): void {
    if (!isBegun && head !== null) out(`${head}\n`)
    isBegun = true
  }
  return {
    write (entry, of) {
      begin()
      out(`${format === 'table' ? tableRow(entry, of) : lineOf(format, { entry, of, hash: null }, source)}\n`)
    },
    end: begin,
  }
}

function tableRow (entry: LedgerEntry, of: EntryAbout | null): string {
  const cells = entryCells({ entry, of })
  return tableLine((name) => printable(cells[name]) || '-')
}

function tableLine (cell: (name: EntryColumn) => string): string {
  return ENTRY_COLUMNS.filter((name) => WIDTHS[name] !== undefined).map((name) => cell(name).padEnd(WIDTHS[name] ?? 0)).join('  ').trimEnd()
}

// Commands and paths come from a model: escape sequences in them must not reach the reader's terminal.
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text with every control and invisible formatting character written out. */
export function printable (text: string): string {
  return text.replace(CONTROL, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
}
