import { createHash } from 'node:crypto'
import type { Tree, TreeEntry } from '../project/tree.ts'

type Folder = Map<string, Folder | TreeEntry>

/** The id that git gives a tree with exactly these files, computed without git. */
export function treeId (tree: Tree, algorithm: 'sha1' | 'sha256'): string {
  const root: Folder = new Map()
  for (const [path, entry] of tree) place(root, path.split('/'), entry)
  return folderId(root, algorithm).toString('hex')
}

function place (root: Folder, names: readonly string[], entry: TreeEntry): void {
  let folder = root
  for (const name of names.slice(0, -1)) {
    const found = folder.get(name)
    const inner: Folder = found instanceof Map ? found : new Map()
    folder.set(name, inner)
    folder = inner
  }
  folder.set(names.at(-1) ?? '', entry)
}

function folderId (folder: Folder, algorithm: 'sha1' | 'sha256'): Buffer {
  const parts = [...folder].map(([name, inner]) => {
    const isFolder = inner instanceof Map
    const id = isFolder ? folderId(inner, algorithm) : Buffer.from(inner.id, 'hex')
    // git orders a folder as if its name ended in a slash.
    return { key: Buffer.from(isFolder ? `${name}/` : name), bytes: Buffer.concat([Buffer.from(`${isFolder ? '40000' : inner.mode} ${name}\0`), id]) }
  })
  const content = Buffer.concat(parts.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ bytes }) => bytes))
  return createHash(algorithm).update(`tree ${content.length}\0`).update(content).digest()
}

/** With which hash a repository names its objects, by one of those names. */
export function algorithmOf (id: string): 'sha1' | 'sha256' {
  return id.length === 40 ? 'sha1' : 'sha256'
}
