import { openLineFile, type LineFile } from '../files/line-file.ts'
import type { Line } from './approval.ts'

const KINDS = ['held', 'given', 'refused', 'revoked', 'used', 'expired', 'session-ended', 'session-follows'] as const satisfies readonly Line['kind'][]

/** The append-only file behind the queue: an approval is used up on disk before the decision that needs it exists. */
export type ApprovalFile = LineFile<Line>

/** Opens or makes the file, as `openLineFile` does. @throws GatewayError WEIR_ERR_STORE */
export function openApprovalFile (path: string, onWarning: (message: string) => void): ApprovalFile {
  return openLineFile({ path, name: 'the approvals file', parse }, onWarning)
}

function parse (text: string): Line | null {
  try {
    const line: unknown = JSON.parse(text)
    return isLine(line) ? line : null
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
