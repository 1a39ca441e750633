import { GatewayError } from '../core/errors.ts'
import type { Git } from './git.ts'

/** Modes git knows for what is not a directory: file, executable, symbolic link, submodule. */
export const TREE_MODES = ['100644', '100755', '120000', '160000'] as const
export type TreeMode = typeof TREE_MODES[number]

/** `id` is git's object id, lower-case hex. */
export interface TreeEntry { readonly mode: TreeMode, readonly id: string }

/** Every file of one commit, by path. */
export type Tree = ReadonlyMap<string, TreeEntry>

const LINE = /^([0-7]{6}) (?:blob|commit) ([0-9a-f]{40,64})\t([^]*)$/
const MODE = /^[0-7]{5,6}$/ // git's own folders have five digits
const FOLDER_MODE = 0o40000

/**
 * All files of a commit or tree. Paths that are not UTF-8 are left out: they are never materialised and never changed,
 * and because commits are built on git's own tree, they are never lost either.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function readTree (git: Git, treeish: string): Promise<Tree> {
  return parseTree(await git.run(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', treeish]))
}

/** Parses the output of `git ls-tree -r -z`. @throws GatewayError WEIR_ERR_PROJECT on a line of another form */
export function parseTree (listing: Uint8Array): Tree {
  const files = new Map<string, TreeEntry>()
  for (const raw of splitNul(listing)) {
    const line = utf8(raw)
    if (line === null) continue
    const [, mode, id, path] = LINE.exec(line) ?? []
    if (mode === undefined || id === undefined || path === undefined || path === '') throw unreadable()
    files.set(path, { mode: treeMode(mode), id })
  }
  return files
}

/**
 * Parses one tree object: its files, links and submodules, and the ids of its folders, by their names in it. Names that are not UTF-8 are left out.
 *
 * @param idBytes 20, or 32 in a repository with SHA-256 ids
 * @throws GatewayError WEIR_ERR_PROJECT on bytes of another form
 */
export function parseFolder (bytes: Buffer, idBytes: number): { readonly files: Tree, readonly folders: ReadonlyMap<string, string> } {
  const files = new Map<string, TreeEntry>()
  const folders = new Map<string, string>()
  for (let start = 0; start < bytes.length;) {
    const space = bytes.indexOf(32, start)
    const nul = bytes.indexOf(0, space)
    const end = nul + 1 + idBytes
    const mode = bytes.toString('latin1', start, space)
    if (space === -1 || nul === -1 || end > bytes.length || !MODE.test(mode)) throw unreadable()
    const [name, id] = [utf8(bytes.subarray(space + 1, nul)), bytes.toString('hex', nul + 1, end)]
    start = end
    if (name === null) continue
    if (parseInt(mode, 8) === FOLDER_MODE) folders.set(name, id)
    else files.set(name, { mode: treeMode(mode), id })
  }
  return { files, folders }
}

function unreadable (): GatewayError {
  return new GatewayError('WEIR_ERR_PROJECT', 'the project holds a tree that cannot be read')
}

// Repositories from before git normalised modes hold 100664 and the like; git itself reads them as 100644.
function treeMode (text: string): TreeMode {
  const known = TREE_MODES.find((mode) => mode === text)
  if (known !== undefined) return known
  if (text.startsWith('100')) return (parseInt(text, 8) & 0o100) === 0 ? '100644' : '100755'
  throw new GatewayError('WEIR_ERR_PROJECT', 'the project holds an entry of a kind that is not known')
}

function splitNul (bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  if (start < bytes.length) parts.push(bytes.subarray(start))
  return parts
}

function utf8 (bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null // not UTF-8: no string can name this path without changing it
  }
}
