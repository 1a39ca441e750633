import type { RawTarget } from '../../gateway/core/tool-call.ts'

const MAX_MENTIONS = 256 // a prompt names a handful of files

// OpenCode 1.18.33's own pattern (FILE_REGEX): what it finds in the prompt of a subagent is read and attached without an ask.
const MENTION = /(?<![\w`])@(\.?[^\s`,.]*(?:\.[^\s`,.]+)*)/g

/**
 * The files that a subagent's prompt names with `@`. OpenCode resolves them against the worktree whatever the call's folder,
 * `~/` against the home folder, and attaches those that exist. Null when there are more than 256.
 */
export function mentionedFiles (prompt: string, root: string): readonly RawTarget[] | null {
  const names = new Set<string>()
  for (const [, name = ''] of prompt.matchAll(MENTION)) {
    if (name !== '') names.add(name)
    if (names.size > MAX_MENTIONS) return null
  }
  return [...names].map((name) => ({ path: /^(?:\/|~\/)/.test(name) ? name : `${root}/${name}`, access: 'read' as const }))
}
