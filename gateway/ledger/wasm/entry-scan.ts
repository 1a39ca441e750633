import type { Verdict } from '../../core/decision.ts'
import { MAX_LINE_BYTES } from '../line-reader.ts'
import { ENTRY_SCAN_CODE } from './entry-scan-code.ts'

/** A line that is in the form the journal writes: an entry with the index and the `prev` that come next. That its hash is right was not looked at. */
export interface ScannedEntry {
  /** Where the line begins and ends, without its newline. */
  readonly start: number
  readonly end: number
  readonly kind: 'decision' | 'outcome' | 'event'
  /** Of a decision. */
  readonly verdict: Verdict | null
  readonly rule: string
  readonly revision: string
  /** The decision that an outcome is of. */
  readonly of: number | null
}

/**
 * Reads entries without parsing them: each line from its hash to its end, strictly as JSON and only in the form that the journal writes.
 * What it refuses may still be an entry; `checkEntry` tells.
 */
export interface EntryScan {
  /** Whoever scans writes the lines here. Without a newline it can be filled only by a line that is longer than any may be. */
  readonly room: Buffer
  /** What the next line must say. */
  expect (next: { readonly index: number, readonly prev: string }): void
  /** Reads the whole lines from one offset to another, which is behind a line's end. @returns how many it took; those from `position` on it did not */
  scan (from: number, to: number): number
  position (): number
  /** One of those that it took with the last call. */
  entry (place: number): ScannedEntry
}

interface Exports {
  readonly memory: WebAssembly.Memory
  input (): number
  table (): number
  prev (): number
  expect (index: number): void
  scan (from: number, to: number): number
  position (): number
}

const ROOM_BYTES = MAX_LINE_BYTES + 1 // so that a line that fills it is too long
const RECORD = 10
const HASH_CHARS = 64
const KINDS = ['event', 'outcome', 'decision'] as const
const VERDICT_CODES = ['allow', 'pending', 'deny'] as const

let compiled: WebAssembly.Module | undefined

export function createEntryScan (): EntryScan {
  compiled ??= new WebAssembly.Module(Buffer.from(ENTRY_SCAN_CODE, 'base64'))
  const { memory, ...code } = new WebAssembly.Instance(compiled).exports as unknown as Exports
  const room = Buffer.from(memory.buffer, code.input(), ROOM_BYTES)
  const prev = Buffer.from(memory.buffer, code.prev(), HASH_CHARS)
  const records = new Int32Array(memory.buffer, code.table())
  const field = (place: number, at: number): number => records[place * RECORD + at] ?? 0
  const text = (place: number, at: number): string => room.toString('latin1', field(place, at), field(place, at + 1))

  return {
    room,
    expect (next) {
      code.expect(next.index)
      prev.write(next.prev, 'latin1')
    },
    scan: (from, to) => code.scan(from, to),
    position: () => code.position(),
    entry (place) {
      const kind = KINDS[field(place, 2) - 1] ?? 'event'
      const isDecision = kind === 'decision'
      return {
        start: field(place, 0),
        end: field(place, 1),
        kind,
        verdict: isDecision ? VERDICT_CODES[field(place, 3) - 1] ?? null : null,
        rule: isDecision ? text(place, 4) : '',
        revision: isDecision ? text(place, 6) : '',
        of: kind === 'outcome' ? Number(text(place, 8)) : null,
      }
    },
  }
}
