import type { RawTarget } from '../../gateway/core/tool-call.ts'

const MAX_LINES = 200_000 // an 8 MiB patch of short lines; more is a flood, not an edit
const MAX_TARGETS = 1_000

const HEADERS = [
  { prefix: '*** Add File:', access: 'write' },
  { prefix: '*** Update File:', access: 'write' },
  { prefix: '*** Delete File:', access: 'delete' },
  { prefix: '*** Move to:', access: 'write' },
] as const

/**
 * Paths that an `apply_patch` text touches, or null when it names none or is over the limits (200,000 lines, 1,000 paths).
 * Every header line counts, wherever it stands: the agent's own parser skips lines it does not know, so a reader that
 * kept track of sections could be led to see fewer files than the agent does. Seeing more is safe.
 */
export function patchTargets (patch: string): readonly RawTarget[] | null {
  const lines = patch.split('\n')
  if (lines.length > MAX_LINES) return null
  const targets: RawTarget[] = []
  let updated: string | null = null
  for (const line of lines) {
    const header = HEADERS.find(({ prefix }) => line.startsWith(prefix))
    if (header === undefined) continue
    const path = line.slice(header.prefix.length).trim()
    if (path === '') continue
    targets.push({ path, access: header.access })
    // A move takes the file away from where it was.
    if (header.prefix === '*** Move to:' && updated !== null) targets.push({ path: updated, access: 'delete' })
    updated = header.prefix === '*** Update File:' ? path : null
    if (targets.length > MAX_TARGETS) return null
  }
  return targets.length === 0 ? null : targets
}
