import { readFile } from 'node:fs/promises'
import type { Project } from '../../project/project.ts'
import { changeDiff } from './change-diff.ts'
import type { HeldStore } from './held-store.ts'

/**
 * What a change that waits for this approval makes of its file; null when none waits.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when what is kept is damaged, or the project cannot be read
 */
export async function diffHeld (approval: string, ports: { readonly held: HeldStore, readonly project: (app: string) => Project | Promise<Project> }): Promise<string | null> {
  const kept = await ports.held.read(approval)
  if (kept === null) return null
  const { change: { path, base }, context, snapshot } = kept
  const before = base === null ? null : await contentOf(await ports.project(context.app), base.id)
  return changeDiff(path, before, snapshot === null ? null : await readFile(snapshot))
}

async function contentOf (project: Project, id: string): Promise<Buffer | null> {
  let content: Buffer | null = null
  for await (const bytes of project.contents([id])) content = bytes
  return content
}
