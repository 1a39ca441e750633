import { closeSync, existsSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import type { Line } from './approval.ts'

const KINDS = ['held', 'given', 'refused', 'revoked', 'used', 'session-ended', 'session-follows'] as const satisfies readonly Line['kind'][]
const NEWLINE = 0x0a

/** The append-only file behind the queue. A returned `append` means on disk. */
export interface ApprovalFile {
  readonly lines: readonly Line[]
  /** @throws GatewayError WEIR_ERR_STORE: then nothing may be taken as said */
  append (line: Line): void
  close (): void
}

/**
 * Opens or makes the file, mode 0600. A last line without its newline is one that was never acknowledged: it is cut off and reported.
 *
 * @throws GatewayError WEIR_ERR_STORE when the file cannot be read, or a line before the last is not one of ours
 */
export function openApprovalFile (path: string, onWarning: (message: string) => void): ApprovalFile {
  try {
    const isNew = !existsSync(path)
    const descriptor = openSync(path, 'a+', 0o600)
    if (isNew) syncFolder(dirname(path))
    const bytes = readFileSync(path)
    const whole = bytes.lastIndexOf(NEWLINE) + 1
    if (whole < bytes.length) {
      ftruncateSync(descriptor, whole)
      onWarning(`the approvals file ended in ${bytes.length - whole} bytes of an unfinished line; they were cut off`)
    }
    const lines = bytes.subarray(0, whole).toString('utf8').split('\n').slice(0, -1).map(parseLine)
    return { lines, append: (line) => append(descriptor, line), close: () => closeSync(descriptor) }
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_STORE', 'The approvals file could not be opened.', { cause })
  }
}

// Synchronous on purpose: an approval is used up before the decision that needs it exists, and govern decides in one go.
function append (descriptor: number, line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  try {
    if (writeSync(descriptor, bytes) !== bytes.length) throw new Error('short write')
    fdatasyncSync(descriptor)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_STORE', 'The approval could not be written to disk.', { cause })
  }
}

function syncFolder (path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function parseLine (text: string, at: number): Line {
  const line = parsed(text)
  if (!isLine(line)) throw new GatewayError('WEIR_ERR_STORE', `Line ${at + 1} of the approvals file is damaged.`)
  return line
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // not JSON: reported with its line number by the caller
  }
}

function isLine (line: unknown): line is Line {
  if (!isRecord(line) || !KINDS.some((kind) => kind === line['kind'])) return false
  if (line['kind'] === 'session-ended' || line['kind'] === 'session-follows') return isSessionLine(line)
  if (line['kind'] !== 'held') return typeof line['id'] === 'string' && typeof line['atMs'] === 'number'
  const call = line['call']
  return isRecord(call) && ['id', 'digest', 'requestedBy', 'app', 'environment', 'permission'].every((name) => typeof call[name] === 'string') &&
    typeof call['expiresAtMs'] === 'number'
}

function isSessionLine ({ kind, session, follows }: Readonly<Record<string, unknown>>): boolean {
  if (typeof session !== 'string') return false
  return kind === 'session-ended' || (Array.isArray(follows) && follows.every((old) => typeof old === 'string'))
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
