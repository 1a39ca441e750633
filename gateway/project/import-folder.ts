import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import type { PathClass } from '../core/tool-call.ts'
import { moveRef, WEIR_IDENTITY } from './branch.ts'
import type { Git } from './git.ts'
import { staysInside } from './link-target.ts'
import { writeTree, type IndexLine } from './private-index.ts'
import { storeFiles } from './store-files.ts'
import { pathProblem } from './tree-path.ts'

const MAX_FILES = 200_000

// A folder's secrets stay in the folder; what tools make again (node_modules, dist) is no part of a project.
const LEFT_OUT: readonly PathClass[] = ['secret', 'generated']

/**
 * First commit of a plain folder, on `main`. What its `.gitignore` files name is left out, as are secret and generated
 * files, links that lead out, and nested repositories.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function importFolder (git: Git, folder: string, classOf: (path: string) => PathClass): Promise<void> {
  const paths = (await listFolder(git, folder)).filter((path) => pathProblem(path) === null && !LEFT_OUT.includes(classOf(path)))
  if (paths.length > MAX_FILES) throw new GatewayError('WEIR_ERR_PROJECT', `the project folder holds more than ${MAX_FILES} files`)
  const links: IndexLine[] = []
  const files: { path: string, mode: '100644' | '100755' }[] = []
  for (const path of paths) {
    const found = await lstat(join(folder, path))
    if (found.isFile()) files.push({ path, mode: (found.mode & 0o100) === 0 ? '100644' : '100755' })
    if (found.isSymbolicLink()) links.push(...await linkLine(git, folder, path))
  }
  const ids = await storeFiles(git, files.map(({ path }) => join(folder, path)))
  const lines = files.map((file, at) => ({ ...file, id: ids[at] ?? null }))
  const tree = await writeTree(git, null, [...lines, ...links])
  const commit = await git.text(['commit-tree', tree], { input: 'Import the project folder\n', env: WEIR_IDENTITY })
  await moveRef(git, 'refs/heads/main', commit, null)
}

// git lists by its own ignore rules but reads no content here, so no filter or attribute of the folder applies.
async function listFolder (git: Git, folder: string): Promise<string[]> {
  const listing = await git.run(['ls-files', '--others', '--exclude-standard', '-z', '--full-name'], { env: { GIT_WORK_TREE: folder }, cwd: folder })
  return listing.toString('utf8').split('\0').filter((path) => path !== '' && !path.endsWith('/') && !path.includes('\ufffd'))
}

async function linkLine (git: Git, folder: string, path: string): Promise<IndexLine[]> {
  const target = await readlink(join(folder, path))
  if (!staysInside(path, target)) return []
  const id = await git.text(['hash-object', '-w', '--stdin', '--no-filters'], { input: target })
  return [{ path, mode: '120000', id }]
}
