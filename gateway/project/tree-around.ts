import type { Change } from './change.ts'
import { foldersOf } from './conflicts.ts'
import type { Git } from './git.ts'
import { parseListing, readTree, type Tree } from './tree.ts'

const MAX_ARGUMENTS = 2_000 // paths; for more the whole listing costs less
const MAX_ARGUMENT_BYTES = 1_000_000 // half of what a command line may hold

/**
 * What a commit has at these paths, below those of them that are folders there, and in the place of folders that lead to them: all that a
 * change of them can meet. Costs what the changes do, not what the project does.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function treeAround (git: Git, commit: string, changes: readonly Pick<Change, 'path'>[]): Promise<Tree> {
  const paths = changes.map(({ path }) => path)
  if (paths.length > MAX_ARGUMENTS || paths.reduce((sum, path) => sum + Buffer.byteLength(path) + 1, 0) > MAX_ARGUMENT_BYTES) return await readTree(git, commit)
  const { files, folders } = await list(git, commit, ['-r', '-t'], paths)
  // A folder on the way that was not listed is not there, or is no folder. The shallowest tells: what is below it cannot be there.
  const missing = new Set(paths.flatMap((path) => foldersOf(path).find((folder) => !folders.has(folder)) ?? []))
  return missing.size === 0 ? files : new Map([...files, ...(await list(git, commit, [], [...missing])).files])
}

async function list (git: Git, commit: string, flags: readonly string[], paths: readonly string[]): Promise<ReturnType<typeof parseListing>> {
  return parseListing(await git.run(['ls-tree', '-z', '--full-tree', ...flags, '--end-of-options', commit, '--', ...paths]))
}
