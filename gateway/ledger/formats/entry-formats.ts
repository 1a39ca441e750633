import { cloudEvent, CLOUD_EVENTS_TYPE } from './cloud-event.ts'
import { entryCsvHead, entryCsvLine } from './entry-csv.ts'
import { ocsfEvent } from './ocsf.ts'
import type { LedgerSource, OutwardEntry } from './outward-entry.ts'

/** Forms of entries for programs. `json` and `jsonl` are one entry a line, as in the journal; `ocsf` and `cloudevents` one event a line. */
export const PROGRAM_FORMATS = ['json', 'jsonl', 'csv', 'ocsf', 'cloudevents'] as const
export type ProgramFormat = typeof PROGRAM_FORMATS[number]

const JSON_LINES = 'application/x-ndjson; charset=utf-8'

/** The line that comes before all others, or null. */
export function headOf (format: ProgramFormat): string | null {
  return format === 'csv' ? entryCsvHead() : null
}

/** An entry as one line, without its end. */
export function lineOf (format: ProgramFormat, found: OutwardEntry, source: LedgerSource): string {
  switch (format) {
    case 'json': case 'jsonl': return JSON.stringify(found.entry)
    case 'csv': return entryCsvLine(found)
    case 'ocsf': return JSON.stringify(ocsfEvent(found, source))
    case 'cloudevents': return JSON.stringify(cloudEvent(found, source))
  }
}

/** So many entries as one body, with its media type: lines, but CloudEvents as a batch of theirs. */
export function bodyOf (format: Exclude<ProgramFormat, 'json'>, entries: readonly OutwardEntry[], source: LedgerSource): { readonly type: string, readonly text: string } {
  const lines = entries.map((found) => lineOf(format, found, source))
  if (format === 'cloudevents') return { type: CLOUD_EVENTS_TYPE, text: `[${lines.join(',')}]` }
  const head = headOf(format)
  const type = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : JSON_LINES
  return { type, text: [...(head === null ? [] : [head]), ...lines].map((line) => `${line}\n`).join('') }
}
