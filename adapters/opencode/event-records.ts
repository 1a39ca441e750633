import { StringDecoder } from 'node:string_decoder'

/** One record of an event stream: its data lines joined, or null when it is only comments. `text` is its one written form. */
export interface EventRecord { readonly data: string | null, readonly text: string }

export interface EventReader {
  /** The records that became whole with these bytes. @throws RangeError when one is over the limit */
  push (chunk: Uint8Array): EventRecord[]
}

const MAX_RECORD_CHARS = 67_108_864 // a tool answer with an 8 MiB file, escaped and doubled, stays well below 64 Mi characters

/**
 * Splits an event stream (WHATWG HTML, section 9.2) into records, wherever the bytes are cut. Records are written out
 * anew, so that what was inspected is what is passed on: `\r`, `\r\n` and `\n` all end a line for a client.
 */
export function createEventReader (maxRecordChars = MAX_RECORD_CHARS): EventReader {
  const decoder = new StringDecoder('utf8')
  let rest: string[] = []
  let restChars = 0
  let lines: string[] = []
  let afterReturn = false

  function takeText (text: string): EventRecord[] {
    const records: EventRecord[] = []
    let from = 0
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code !== 0x0a && code !== 0x0d) {
        afterReturn = false
        continue
      }
      const isSecondHalf = code === 0x0a && afterReturn // the \n of a \r\n whose \r already ended the line
      if (!isSecondHalf) endLine(text.slice(from, at), records)
      afterReturn = code === 0x0d
      from = at + 1
    }
    keep(text.slice(from))
    return records
  }

  function keep (part: string): void {
    if (part === '') return
    restChars += part.length
    if (restChars > maxRecordChars) throw new RangeError('an event is over the limit')
    rest.push(part)
  }

  function endLine (last: string, records: EventRecord[]): void {
    keep(last)
    const line = rest.join('')
    rest = []
    if (line !== '') {
      lines.push(line)
      return
    }
    if (lines.length > 0) records.push(recordOf(lines))
    lines = []
    restChars = 0
  }

  return { push: (chunk) => takeText(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) }
}

function recordOf (lines: readonly string[]): EventRecord {
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
  return { data: data.length === 0 ? null : data.join('\n'), text: `${lines.join('\n')}\n\n` }
}
