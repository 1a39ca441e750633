import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Git } from './git.ts'
import type { TreeMode } from './tree.ts'

/** One path of a new tree; `id` null removes it. */
export interface IndexLine { readonly path: string, readonly mode: TreeMode | null, readonly id: string | null }

/**
 * The id of the tree that is `base` (null: the empty tree) with these lines applied. The project's own index is not touched.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function writeTree (git: Git, base: string | null, lines: readonly IndexLine[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-index-'))
  const env = { GIT_INDEX_FILE: join(folder, 'index') }
  try {
    await git.run(base === null ? ['read-tree', '--empty'] : ['read-tree', base], { env })
    await git.run(['update-index', '-z', '--index-info'], { env, input: lines.map((line) => indexLine(line, base?.length ?? 40)).join('') })
    return await git.text(['write-tree'], { env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// Mode 0 removes the path; git ignores the id then, but wants one of the repository's length.
function indexLine (line: IndexLine, idChars: number): string {
  return line.mode === null || line.id === null
    ? `0 ${'0'.repeat(idChars)}\t${line.path}\0`
    : `${line.mode} ${line.id}\t${line.path}\0`
}
