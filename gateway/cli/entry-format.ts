import type { LedgerEntry } from '../core/ledger-entry.ts'
import { csvLine } from '../ledger/csv-line.ts'
import { about, type EntryAbout } from '../ledger/entry-about.ts'

/** `json` is one entry a line, as in the journal. */
export const ENTRY_FORMATS = ['table', 'json', 'csv'] as const
export type EntryFormat = typeof ENTRY_FORMATS[number]

/** Prints entries one by one. */
export interface EntryWriter { write (entry: LedgerEntry, of: EntryAbout | null): void, end (): void }

const COLUMNS = ['index', 'time', 'kind', 'verdict', 'rule', 'actor', 'app', 'environment', 'session', 'plane', 'tool', 'what', 'revision', 'request'] as const
// Rows are printed as they come, so widths are fixed; what is longer pushes its row out, but is never cut.
const WIDTHS: Readonly<Partial<Record<typeof COLUMNS[number], number>>> = { index: 7, time: 24, kind: 8, verdict: 7, rule: 34, actor: 22, app: 8, environment: 4, what: 0 }

export function entryWriter (format: EntryFormat, out: (text: string) => void): EntryWriter {
  const head = format === 'csv' ? `${csvLine(COLUMNS)}\n` : format === 'table' ? `${tableLine((name) => name.toUpperCase())}\n` : ''
  let isBegun = false
  function begin (): void {
    if (!isBegun) out(head)
    isBegun = true
  }
  return {
    write (entry, of) {
      begin()
      out(`${lineOf(format, entry, of)}\n`)
    },
    end: begin,
  }
}

function lineOf (format: EntryFormat, entry: LedgerEntry, of: EntryAbout | null): string {
  if (format === 'json') return JSON.stringify(entry)
  const cells = cellsOf(entry, of)
  return format === 'csv' ? csvLine(COLUMNS.map((name) => cells[name])) : tableLine((name) => printable(cells[name]) || '-')
}

function cellsOf (entry: LedgerEntry, of: EntryAbout | null): Readonly<Record<typeof COLUMNS[number], string>> {
  const known = about(entry, of)
  return {
    index: String(entry.index),
    time: new Date(entry.time).toISOString(),
    kind: entry.kind,
    verdict: known.verdict ?? '',
    rule: known.rule ?? '',
    actor: known.actor ?? '',
    app: known.app ?? '',
    environment: known.environment ?? '',
    session: known.session ?? '',
    plane: known.plane ?? '',
    tool: known.tool ?? '',
    what: whatOf(entry),
    revision: known.revision ?? '',
    request: known.request ?? '',
  }
}

function whatOf (entry: LedgerEntry): string {
  switch (entry.kind) {
    case 'outcome': return `${entry.status} (of ${entry.of})`
    case 'event': return entry.name
    case 'decision': {
      const { command, targets, url, route, model, kind } = entry.input
      if (command !== null) return command.text
      if (targets.length > 0) return targets.map((target) => `${target.access} ${target.path}`).join(', ')
      if (route !== null) return `${route.method} ${route.path}`
      return url?.url ?? (model === null ? kind : `${model.provider}/${model.id}`)
    }
  }
}

function tableLine (cell: (name: typeof COLUMNS[number]) => string): string {
  return COLUMNS.filter((name) => WIDTHS[name] !== undefined).map((name) => cell(name).padEnd(WIDTHS[name] ?? 0)).join('  ').trimEnd()
}

// Commands and paths come from a model: escape sequences in them must not reach the reader's terminal.
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text with every control and invisible formatting character written out. */
export function printable (text: string): string {
  return text.replace(CONTROL, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
}
