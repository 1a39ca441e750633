import { closeSync, fdatasyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'

const MAX_BYTES = 262_144 // 256 KiB of a call: nobody reads more, and 10,000 of them can wait
const SUFFIX = '.json'

/** A call in full, as the approver sees it. `whole` is false when it was too long to keep. */
export interface ShownCall { readonly text: string, readonly whole: boolean }

/** The full arguments of held calls, one private file each: they can be long and hold what ledger and rules must not. */
export interface ShownCalls {
  /** @throws GatewayError WEIR_ERR_STORE */
  keep (id: string, text: string): void
  read (id: string): ShownCall | null
  drop (id: string): void
  /** Drops what no approval stands for any more. */
  sweep (isKnown: (id: string) => boolean): void
}

/** Opens the store in a folder of its own (mode 0700). */
export function openShownCalls (folder: string): ShownCalls {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const at = (id: string): string => join(folder, `${id}${SUFFIX}`)
  return {
    keep (id, text) {
      const bytes = Buffer.from(text)
      const kept = bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes
      try {
        writeFile(at(id), Buffer.concat([Buffer.from(bytes.length === kept.length ? 'whole\n' : 'cut\n'), kept]))
      } catch (cause) {
        throw new GatewayError('WEIR_ERR_STORE', 'What an approver is to see could not be written to disk.', { cause })
      }
    },
    read (id) {
      const text = readOrNull(at(id))
      if (text === null) return null
      const end = text.indexOf('\n')
      return { text: text.slice(end + 1), whole: text.slice(0, end) === 'whole' }
    },
    drop: (id) => { rmSync(at(id), { force: true }) },
    sweep (isKnown) {
      for (const name of readdirSync(folder)) {
        if (!isKnown(name.slice(0, -SUFFIX.length))) rmSync(join(folder, name), { force: true })
      }
    },
  }
}

function writeFile (path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'w', 0o600)
  try {
    if (writeSync(descriptor, bytes) !== bytes.length) throw new Error('short write')
    fdatasyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function readOrNull (path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new GatewayError('WEIR_ERR_STORE', 'What an approver is to see could not be read.', { cause: error })
  }
}
