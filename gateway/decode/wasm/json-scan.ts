import { JSON_SCAN_CODE } from './json-scan-code.ts'

/** What is wrong with a value that has no end. */
export const SCAN_PROBLEMS = ['unfinished', 'wrong-bracket', 'too-deep', 'stray-backslash'] as const
export type ScanProblem = typeof SCAN_PROBLEMS[number]

/** Finds where JSON values end, reading strings and brackets only. Synchronous; one scan at a time. */
export interface JsonScan {
  /** Index just after the array or object that starts at `at`, or why there is none. */
  endOfNested (bytes: Buffer, at: number): number | ScanProblem
  /** Index just after the string in the middle of which `at` stands, not behind a backslash. */
  endOfString (bytes: Buffer, at: number): number | ScanProblem
}

interface Exports {
  readonly memory: WebAssembly.Memory
  beginNested (): void
  beginString (): void
  address (): number
  read (length: number): number
}

const PIECE_BYTES = 65_536 // stays in the processor's cache between being written and being read

export function createJsonScan (): JsonScan {
  const module = new WebAssembly.Module(Buffer.from(JSON_SCAN_CODE, 'base64'))
  const { memory, beginNested, beginString, address, read } = new WebAssembly.Instance(module).exports as unknown as Exports
  const piece = new Uint8Array(memory.buffer, address(), PIECE_BYTES)

  function end (bytes: Buffer, at: number): number | ScanProblem {
    for (let from = at; from < bytes.length; from += PIECE_BYTES) {
      const length = bytes.copy(piece, 0, from, Math.min(from + PIECE_BYTES, bytes.length))
      const code = read(length)
      if (code >= 0) return from + code
      if (code !== -1) return SCAN_PROBLEMS[-code - 1] ?? 'unfinished'
    }
    return 'unfinished'
  }

  return {
    endOfNested (bytes, at) {
      beginNested()
      return end(bytes, at)
    },
    endOfString (bytes, at) {
      beginString()
      return end(bytes, at)
    },
  }
}
