import type { Change } from '../../project/change.ts'
import type { WorkspaceFs } from '../../../sandbox/workspace-fs.ts'

const MAX_BYTES = 60_000_000 // below the bound of one answer of the workspace's worker

/** Whether the workspace has this change as it was read. The agent can write at any time: what it wrote since must not be overwritten. */
export async function isAsDecided (fs: WorkspaceFs, raw: string, { next }: Pick<Change, 'next'>, idOf: (bytes: Uint8Array) => string): Promise<boolean> {
  const kind = await fs.kind(raw)
  if (next === null) return kind === null
  if (kind !== 'file') return false
  const now = await fs.read(raw, MAX_BYTES)
  return now.ok && idOf(now.bytes) === next.id
}
