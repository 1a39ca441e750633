import type { RawTarget, ToolCall, ToolName } from '../../gateway/core/tool-call.ts'

/** What a request asks for, before it has a digest. `native` is the name that policy and the ledger know it by. */
export interface Touched extends Pick<ToolCall, 'tool' | 'targets' | 'command' | 'url' | 'args' | 'cwd' | 'written'> { readonly native: string }

/** How one method is read. A text says why it cannot be. */
export type Read = (args: Readonly<Record<string, unknown>>, cwd: string, native: string) => Touched | string

/** A wish that touches nothing yet. */
export function wish (native: string, tool: ToolName, cwd: string): Touched {
  return { native, tool, targets: [], command: null, url: null, args: {}, cwd }
}

export const MAX_PATH = 4_096 // PATH_MAX on Linux: no system call takes a longer one
const MAX_TARGETS = 256 // a person reads none of more

/** Null when a path is none, or there are too many of them. */
export function targetsOf (paths: readonly string[], access: RawTarget['access']): readonly RawTarget[] | null {
  const unique = [...new Set(paths)]
  if (unique.length > MAX_TARGETS || unique.some((path) => path === '' || path.length > MAX_PATH || path.includes('\0'))) return null
  return unique.map((path) => ({ path, access }))
}
