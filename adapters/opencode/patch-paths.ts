import type { RawTarget } from '../../gateway/core/tool-call.ts'

const MAX_LINES = 200_000 // an 8 MiB patch of short lines; more is a flood, not an edit
const MAX_TARGETS = 1_000

// Wider than the agent's own parser, which wants the exact words at the start of a line: other versions trim, and
// other agents' patches come without the space or in other case.
const HEADER = /^\s*\*{3}\s*(?:(add|update|delete)\s+file|(move)\s+to)\s*:(.*)$/i

/**
 * Paths that an `apply_patch` text touches, or null when it names none or is over the limits (200,000 lines, 1,000 paths).
 * Every header line counts, wherever it stands: the agent's own parser skips lines it does not know, so a reader that
 * kept track of sections could be led to see fewer files than the agent does. Seeing more is safe.
 */
export function patchTargets (patch: string): readonly RawTarget[] | null {
  const lines = patch.split(/[\n\r\u2028\u2029]/)
  if (lines.length > MAX_LINES) return null
  const targets: RawTarget[] = []
  let updated: string | null = null
  for (const line of lines) {
    const header = patchHeader(line)
    if (header === null) continue
    const { verb, path } = header
    targets.push({ path, access: verb === 'delete' ? 'delete' : 'write' })
    // A move takes the file away from where it was.
    if (verb === 'move' && updated !== null) targets.push({ path: updated, access: 'delete' })
    updated = verb === 'update' ? path : null
    if (targets.length > MAX_TARGETS) return null
  }
  return targets.length === 0 ? null : targets
}

/** What a line of a patch says of the file that it names; null when it names none. */
export function patchHeader (line: string): { readonly verb: 'add' | 'update' | 'delete' | 'move', readonly path: string } | null {
  const [, verb, move, rest = ''] = HEADER.exec(line) ?? []
  const path = rest.trim()
  return path === '' ? null : { verb: (verb ?? move ?? '').toLowerCase() as 'add' | 'update' | 'delete' | 'move', path }
}
