import { GatewayError } from '../core/errors.ts'
import type { Change } from './change.ts'
import type { KeptObjects } from './kept-objects.ts'
import { parseFolder, type Tree, type TreeEntry } from './tree.ts'

type Folder = ReturnType<typeof parseFolder>

/**
 * What a tree has at these paths, below those of them that are folders there, and in the place of folders that lead to them: all that a
 * change of them can meet. Costs what the changes do, not what the project does.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function treeAround (objects: Pick<KeptObjects, 'find'>, tree: string, changes: readonly Pick<Change, 'path'>[]): Promise<Tree> {
  const files = new Map<string, TreeEntry>()
  const known = new Map<string, Folder>()
  async function folderOf (id: string): Promise<Folder> {
    const folder = known.get(id) ?? parseFolder(await treeBytes(objects, id), id.length / 2)
    known.set(id, folder)
    return folder
  }
  async function keepBelow (path: string, { files: own, folders }: Folder): Promise<void> {
    for (const [name, entry] of own) files.set(`${path}/${name}`, entry)
    for (const [name, id] of folders) await keepBelow(`${path}/${name}`, await folderOf(id))
  }
  async function keepAt (path: string): Promise<void> {
    const names = path.split('/')
    let folder = await folderOf(tree)
    for (const [at, name] of names.entries()) {
      const file = folder.files.get(name)
      if (file !== undefined) files.set(names.slice(0, at + 1).join('/'), file)
      const below = folder.folders.get(name)
      if (below === undefined) return
      folder = await folderOf(below)
    }
    await keepBelow(path, folder)
  }
  for (const { path } of changes) await keepAt(path)
  return files
}

async function treeBytes (objects: Pick<KeptObjects, 'find'>, id: string): Promise<Buffer> {
  const found = await objects.find(id)
  if (found?.type === 'tree') return found.bytes
  throw new GatewayError('WEIR_ERR_PROJECT', 'a folder of the project is missing')
}
