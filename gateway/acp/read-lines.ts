import type { Readable } from 'node:stream'

const NEWLINE = 0x0a

/** A line without its end, or that one was longer than allowed: its bytes are gone, and the next line begins behind it. */
export type Line = { readonly bytes: Buffer } | { readonly tooLong: true }

/** The lines of a stream, never holding more than `maxBytes` of one. A last line without an end is no line. */
export async function * readLines (source: Readable, maxBytes: number): AsyncGenerator<Line> {
  let pieces: Buffer[] = []
  let size = 0
  let skips = false
  for await (const chunk of source) {
    let rest = Buffer.from(chunk as Uint8Array)
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, end)
      rest = rest.subarray(end + 1)
      yield skips || size + line.length > maxBytes ? { tooLong: true } : { bytes: Buffer.concat([...pieces, line]) }
      pieces = []
      size = 0
      skips = false
    }
    size += rest.length
    if (skips || size > maxBytes) {
      pieces = []
      skips = true
    } else if (rest.length > 0) pieces.push(rest)
  }
}
