import { closeSync, constants, fstatSync, openSync, readSync, readlinkSync, type Dirent, type Stats } from 'node:fs'
import { at, entriesIn, firstIn, lstat, nameOf, parentOf, withFolder } from './folders.mts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
const TICK_MS = 100 // far above one of the kernel's clock, from which change times are taken

type Kind = 'file' | 'symlink' | 'dir' | 'other'
/** `gone`: in the lower layer only. */
export interface Found { readonly name: string, readonly kind: Kind | 'gone', readonly mode: number, readonly size: number, readonly mtimeMs: number, readonly stamp: string, readonly lower: Kind | null, readonly link?: string }
export interface Child { readonly name: string, readonly kind: Kind }
/** `problem`: the system's code, or a word of ours. */
export type Read = { readonly problem: string } | { readonly mode: number, readonly content: Buffer }

// What differs between the merged view and the lower layer, in one folder. The names that differ are those of the upper layer, so that a look costs
// them and not the folder; unless the folder hides what lies below it.
export function changedIn (path: string): Found[] {
  const upper = (childrenOf('/upper', path) ?? []).map(({ name }) => name)
  const changed = withFolder('/workspace', path, (fd) => {
    const below = isHiding(fd, path, new Set(upper)) ? childrenOf('/lower', path) ?? [] : []
    const names = new Set([...upper, ...below.map(({ name }) => name)])
    const found = (lower: number | null): Found[] => [...names].flatMap((name) => foundIn(fd, name, lower === null ? null : kindOf(lstat(lower, name))))
    return withFolder('/lower', path, found) ?? found(null)
  })
  return changed ?? (childrenOf('/lower', path) ?? []).map(({ name, kind }) => gone(name, kind))
}

// A folder that was removed and made again shows nothing of the lower layer, however it came to that. Any name that only the lower layer has tells.
function isHiding (folder: number, path: string, upper: ReadonlySet<string>): boolean {
  const name = withFolder('/lower', path, (fd) => firstIn(fd, (entry) => !upper.has(entry.name)))
  return name !== null && lstat(folder, name) === null
}

// What the upper layer names and the merged view does not show was removed, or is gone since the listing.
function foundIn (fd: number, name: string, lower: Kind | null): Found[] {
  const found = lstat(fd, name)
  const kind = kindOf(found)
  if (found === null || kind === null) return lower === null ? [] : [gone(name, lower)]
  const link = kind === 'symlink' ? { link: readlinkSync(at(fd, name), { encoding: 'latin1' }) } : {}
  return [{ name, kind, mode: found.mode & 0o7777, size: found.size, mtimeMs: found.mtimeMs, stamp: stampOf(found), lower, ...link }]
}

function gone (name: string, lower: Kind): Found {
  return { name, kind: 'gone', mode: 0, size: 0, mtimeMs: 0, stamp: '', lower }
}

export function childrenOf (root: string, path: string): Child[] | null {
  return withFolder(root, path, childrenIn)
}

function childrenIn (folder: number): Child[] {
  return entriesIn(folder).map((entry) => ({ name: entry.name, kind: kindOf(entry) ?? 'other' }))
}

/** What is at a path of the workspace; null when nothing is, or when a folder of the path is none. */
export function kindAt (path: string): Kind | null {
  return withFolder('/workspace', parentOf(path), (fd) => kindOf(lstat(fd, nameOf(path))))
}

// Nobody in a sandbox can set a change time. One of just now says nothing: what is written within the same tick has it too.
function stampOf ({ ino, mode, size, mtimeMs, ctimeMs }: Stats): string {
  return ctimeMs > Date.now() - TICK_MS ? '' : `${ino} ${mode} ${size} ${mtimeMs} ${ctimeMs}`
}

export function readFile (path: string, max: number): Read {
  const read = withFolder('/workspace', parentOf(path), (folder): Read => {
    // O_NONBLOCK: opening a FIFO that nobody writes must not hang.
    const fd = openSync(at(folder, nameOf(path)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const found = fstatSync(fd)
      if (!found.isFile()) return { problem: 'not-a-file' }
      if (found.size > max) return { problem: 'too-large' }
      return readOpen(fd, found, max)
    } finally {
      closeSync(fd)
    }
  })
  return read ?? { problem: 'ENOENT' }
}

// The file may grow while it is read, so the bound is on what comes out and not on what fstat said.
function readOpen (fd: number, found: Stats, max: number): Read {
  let buffer = Buffer.alloc(Math.min(found.size, max) + 1)
  let size = 0
  for (let count = readSync(fd, buffer, size, buffer.length - size, null); count > 0; count = readSync(fd, buffer, size, buffer.length - size, null)) {
    size += count
    if (size > max) return { problem: 'too-large' }
    if (size === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(Math.min(size, max + 1 - size))])
  }
  return { mode: found.mode & 0o7777, content: buffer.subarray(0, size) }
}

function kindOf (found: Stats | Dirent | null): Kind | null {
  if (found === null) return null
  if (found.isFile()) return 'file'
  if (found.isSymbolicLink()) return 'symlink'
  return found.isDirectory() ? 'dir' : 'other'
}
