import { lineOf, type ProgramFormat } from './entry-formats.ts'
import { weightOf, type LedgerSource, type OutwardEntry } from './outward-entry.ts'

const LOG_AUDIT = 13 // facility
const SEVERITIES = { info: 6, notice: 5, warning: 4 } as const
const NILVALUE = '-'
const BOM = '\ufeff' // says that the message is UTF-8 (RFC 5424, 6.4)
const MAX_HOST_CHARS = 255

/** An entry as one message of RFC 5424 with its length in front (RFC 6587, octet counting; RFC 5425). The message is one line of `format`. */
export function syslogFrame (format: Exclude<ProgramFormat, 'csv'>, found: OutwardEntry, source: LedgerSource & { readonly host: string }): Buffer {
  const priority = LOG_AUDIT * 8 + SEVERITIES[weightOf(found.entry)]
  const host = source.host.replace(/[^\x21-\x7e]/g, '').slice(0, MAX_HOST_CHARS) || NILVALUE
  const header = `<${priority}>1 ${new Date(found.entry.time).toISOString()} ${host} weir ${NILVALUE} ${found.entry.kind} ${NILVALUE}`
  const message = Buffer.from(`${header} ${BOM}${lineOf(format, found, source)}`)
  return Buffer.concat([Buffer.from(`${message.length} `), message])
}
