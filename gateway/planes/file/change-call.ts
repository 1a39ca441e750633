import { digestOf } from '../../core/canonical-json.ts'
import { CHANGE_SET, type ToolCall, type UnreadableCall } from '../../core/tool-call.ts'
import { changeDigest, type Change } from '../../project/change.ts'
import type { ScannedChange } from './scan-workspace.ts'

const ROOT = '/workspace'
const MAX_SHOWN_CHARS = 200

/** The question whether one change may become part of the project. */
export function changeCall (change: Change, size: number): ToolCall {
  const access = change.next === null ? 'delete' : 'write'
  const content = change.next === null ? {} : { mode: change.next.mode, blob: change.next.id, size }
  return toolCall(change.path, access, change.over === undefined ? content : { ...content, conflict: true }, changeDigest(change))
}

/** The same for a secret file, whose content nobody reads: bound to its size and time instead. */
export function secretCall (found: ScannedChange): ToolCall {
  const { path, size, mtimeMs } = found
  const access = found.kind === 'gone' ? 'delete' : 'write'
  return toolCall(path, access, { size }, digestOf({ native: CHANGE_SET, path, secret: { size, mtimeMs } }))
}

/** A change that can not be read as one; govern denies it. */
export function unreadableCall (path: string, problem: string): UnreadableCall {
  const shown = path.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_SHOWN_CHARS)
  return Object.freeze({
    readable: false, protocol: 'weir', native: CHANGE_SET, problem: `${shown}: ${problem}`, digest: digestOf({ native: CHANGE_SET, path, problem }),
  })
}

// The target is absolute: a relative `~x` or `file:x` would be read as something else than the name it is.
function toolCall (path: string, access: 'write' | 'delete', content: Record<string, string | number | boolean>, digest: string): ToolCall {
  return Object.freeze({
    readable: true,
    protocol: 'weir',
    native: CHANGE_SET,
    tool: 'write-file',
    args: Object.freeze({ path, access, ...content }),
    targets: Object.freeze([Object.freeze({ path: `${ROOT}/${path}`, access })]),
    command: null,
    url: null,
    cwd: ROOT,
    digest,
  })
}
