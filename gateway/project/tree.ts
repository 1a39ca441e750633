import { GatewayError } from '../core/errors.ts'
import type { Git } from './git.ts'

/** Modes git knows for what is not a directory: file, executable, symbolic link, submodule. */
export const TREE_MODES = ['100644', '100755', '120000', '160000'] as const
export type TreeMode = typeof TREE_MODES[number]

/** `id` is git's object id, lower-case hex. */
export interface TreeEntry { readonly mode: TreeMode, readonly id: string }

/** Every file of one commit, by path. */
export type Tree = ReadonlyMap<string, TreeEntry>

const LINE = /^([0-7]{6}) (blob|commit|tree) ([0-9a-f]{40,64})\t([^]*)$/

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
  const { files, folders } = parseListing(listing)
  if (folders.size > 0) throw unreadable()
  return files
}

/** The same with `-t`: folders that were listed by their own names, too. @throws GatewayError WEIR_ERR_PROJECT on a line of another form */
export function parseListing (listing: Uint8Array): { readonly files: Tree, readonly folders: ReadonlySet<string> } {
  const files = new Map<string, TreeEntry>()
  const folders = new Set<string>()
  for (const raw of splitNul(listing)) {
    const line = utf8(raw)
    if (line === null) continue
    const [, mode, type, id, path] = LINE.exec(line) ?? []
    if (mode === undefined || id === undefined || path === undefined || path === '') throw unreadable()
    if (type === 'tree') folders.add(path)
    else files.set(path, { mode: treeMode(mode), id })
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
