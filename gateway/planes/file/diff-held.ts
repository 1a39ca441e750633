import { readFile } from 'node:fs/promises'
import type { Project } from '../../project/project.ts'
import { changeDiff } from './change-diff.ts'
import { contentOf } from './content-of.ts'
import type { HeldStore } from './held-store.ts'

const MAX_CHARS = 262_144 // as much as of a diff

/**
 * What a change that waits for this approval makes of its file; null when none waits.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when what is kept is damaged, or the project cannot be read
 */
export async function diffHeld (approval: string, ports: { readonly held: HeldStore, readonly project: (app: string) => Project | Promise<Project> }): Promise<string | null> {
  const kept = await ports.held.read(approval)
  if (kept === null) return null
  const { change, context, snapshot } = kept
  const { path, base } = change
  const home = await ports.project(context.app)
  const before = base === null ? null : await contentOf(home, base.id)
  const after = snapshot === null ? null : await readFile(snapshot)
  const diff = changeDiff(path, before, after)
  if (change.over === undefined || before === null || after === null) return diff
  const three = await home.merge({ ours: after, base: change.over === null ? Buffer.alloc(0) : await contentOf(home, change.over.id) ?? Buffer.alloc(0), theirs: before })
  return three === null ? diff : `${diff}\nAll three:\n${three.text.toString('utf8').slice(0, MAX_CHARS)}`
}
