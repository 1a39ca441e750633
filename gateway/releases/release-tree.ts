import { GatewayError } from '../core/errors.ts'
import type { PathClass } from '../core/tool-call.ts'
import { openBlobReader } from '../project/blob-reader.ts'
import { WEIR_IDENTITY } from '../project/branch.ts'
import type { Git } from '../project/git.ts'
import { staysInside } from '../project/link-target.ts'
import { writeTree } from '../project/private-index.ts'
import { isShown } from '../project/release.ts'
import { readTree, type Tree } from '../project/tree.ts'
import { treeId } from './tree-id.ts'

/** What a release of a commit holds, and how many entries of the commit it does not. */
export interface ReleaseTree { readonly files: Tree, readonly withheld: number }

/**
 * What an agent could see of a commit: no secret file, no submodule, no unsafe name, no link that leads out. A name that is not UTF-8 has
 * no class that could be told, and is not in it either.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function releaseTree (git: Git, commit: string, classOf: (path: string) => PathClass): Promise<ReleaseTree> {
  const all = await readTree(git, commit)
  const shown = [...all].filter(([path, entry]) => isShown(path, entry, classOf))
  const leading = await leadingOut(git, shown.filter(([, { mode }]) => mode === '120000'))
  const files = new Map(shown.filter(([path]) => !leading.has(path)))
  return { files, withheld: all.size - files.size }
}

async function leadingOut (git: Git, links: ReadonlyArray<readonly [string, { readonly id: string }]>): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  if (links.length === 0) return found
  const blobs = openBlobReader(git)
  try {
    for (const [path, { id }] of links) {
      if (!staysInside(path, (await blobs.read(id)).toString('utf8'))) found.add(path)
    }
    return found
  } finally {
    blobs.close()
  }
}

/**
 * A commit with exactly these files: `source` itself when it holds nothing else, else one on top of it.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function commitOf (git: Git, source: string, files: Tree, algorithm: 'sha1' | 'sha256'): Promise<{ readonly commit: string, readonly tree: string }> {
  const tree = treeId(files, algorithm)
  if (await git.text(['rev-parse', '--verify', `${source}^{tree}`]) === tree) return { commit: source, tree }
  const written = await writeTree(git, null, [...files].map(([path, { mode, id }]) => ({ path, mode, id })))
  if (written !== tree) throw new GatewayError('WEIR_ERR_PROJECT', 'git wrote another tree than the release holds')
  // Dated as its source, so that the same source gives the same commit.
  const date = await git.text(['show', '-s', '--format=%ct +0000', source])
  const commit = await git.text(['commit-tree', tree, '-p', source], {
    input: 'Release without what agents may not see\n', env: { ...WEIR_IDENTITY, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  })
  return { commit, tree }
}
