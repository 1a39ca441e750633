import { about } from '../entry-about.ts'
import { csvLine } from '../csv-line.ts'
import { whatOf, type OutwardEntry } from './outward-entry.ts'

/** What a table of entries can show. */
export const ENTRY_COLUMNS = ['index', 'time', 'kind', 'verdict', 'rule', 'actor', 'app', 'environment', 'session', 'plane', 'tool', 'what', 'revision', 'request', 'containment'] as const
export type EntryColumn = typeof ENTRY_COLUMNS[number]

export function entryCells ({ entry, of }: Pick<OutwardEntry, 'entry' | 'of'>): Readonly<Record<EntryColumn, string>> {
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
    containment: entry.containment ?? '',
  }
}

export function entryCsvHead (): string {
  return csvLine(ENTRY_COLUMNS)
}

export function entryCsvLine (found: Pick<OutwardEntry, 'entry' | 'of'>): string {
  const cells = entryCells(found)
  return csvLine(ENTRY_COLUMNS.map((name) => cells[name]))
}
