import { readFile } from 'node:fs/promises'
import type { Conflict } from '../../project/commit.ts'
import type { TreeEntry } from '../../project/tree.ts'
import type { WorkspaceFs } from '../../../sandbox/workspace-fs.ts'
import type { Turn } from './collect-turn.ts'
import { contentOf } from './content-of.ts'
import type { Outcome } from './decide-changes.ts'
import { isAsDecided } from './is-as-decided.ts'
import { proposeOver } from './propose-over.ts'

const MAX_SHOWN_CHARS = 8_192 // of one conflict, in what the agent is told

/**
 * What became of one path that somebody else changed since. `merged`: both changes are in the workspace now and are decided as one. `proposed`:
 * the project's content is in the workspace, and this session's waits under an approval. `dropped`: policy refuses it. `left`: the workspace has
 * something newer, which comes up again.
 */
export interface SettledConflict {
  readonly path: string
  readonly how: 'merged' | 'proposed' | 'dropped' | 'left'
  readonly approval: string | null
  /** The three contents where they disagree, for reading; null when one is no text. */
  readonly shown: string | null
}

/**
 * Puts what the project has now under each path of a conflict, so that the session can go on, and loses nothing: what merges is merged, what does
 * not is kept as a proposal.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
 */
export async function settleConflicts (turn: Turn, fs: WorkspaceFs, allowed: Outcome['allowed'], { paths, theirs }: Conflict): Promise<SettledConflict[]> {
  const settled: SettledConflict[] = []
  for (const change of allowed.filter(({ path }) => paths.includes(path))) {
    settled.push(await settleOne(turn, fs, change, theirs.get(change.path) ?? null))
  }
  return settled
}

async function settleOne (turn: Turn, fs: WorkspaceFs, change: Outcome['allowed'][number], theirs: TreeEntry | null): Promise<SettledConflict> {
  const { project, files } = turn
  const { path, next, base, snapshot } = change
  const raw = Buffer.from(path).toString('latin1')
  const ours = snapshot === null ? null : await readFile(snapshot)
  const theirBytes = theirs === null ? null : await contentOf(project, theirs.id)
  if (!await isAsDecided(fs, raw, change, project.fileId)) return { path, how: 'left', approval: null, shown: null }
  const three = ours !== null && theirBytes !== null && isFile(theirs) ? await project.merge({ ours, base: base === null ? Buffer.alloc(0) : await contentOf(project, base.id) ?? Buffer.alloc(0), theirs: theirBytes }) : null
  const rebase = (): void => { files.committed([{ path, next: theirs }]) }
  if (three?.clean === true && next !== null && theirs !== null) {
    const mode = next.mode === base?.mode ? theirs.mode : next.mode
    const problem = await fs.write(raw, mode === '100755' ? 0o755 : 0o644, three.text)
    if (problem === null) rebase()
    return { path, how: problem === null ? 'merged' : 'left', approval: null, shown: null }
  }
  const { approval } = await proposeOver({ path, next, base, snapshot, size: ours?.length ?? 0 }, theirs, turn)
  rebase()
  const problem = theirs === null || theirBytes === null ? await fs.remove(raw) : await putBack(fs, raw, theirs, theirBytes)
  if (problem !== null) turn.ports.log.warn({ session: turn.sessionId, problem }, 'a conflicting change could not be taken out of a workspace')
  return { path, how: approval === null ? 'dropped' : 'proposed', approval, shown: three === null ? null : three.text.toString('utf8').slice(0, MAX_SHOWN_CHARS) }
}

async function putBack (fs: WorkspaceFs, raw: string, { mode }: TreeEntry, bytes: Buffer): Promise<string | null> {
  // A link or submodule of somebody else's is the next session's to see: this one was decided without it.
  return isFile({ mode, id: '' }) ? await fs.write(raw, mode === '100755' ? 0o755 : 0o644, bytes) : await fs.remove(raw)
}

function isFile (entry: TreeEntry | null): boolean {
  return entry?.mode === '100644' || entry?.mode === '100755'
}
