import { chmodSync, constants, closeSync, lstatSync, openSync, opendirSync, type Dirent, type Stats } from 'node:fs'

/**
 * Folders by their descriptors. The agent can swap any path for a link at any time, so no path is ever opened as a whole:
 * each name is opened from its folder's descriptor, without following links. Paths are relative, and binary-safe: every
 * character is one byte.
 */

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants
const MAX_NAMES = 100_000 // in one folder
const NAMES_AT_ONCE = 1_024
export const MAX_DEPTH = 128

/** Calls `use` with the folder's descriptor; null when the folder is not there or is not a real folder. */
export function withFolder<T> (root: string, path: string, use: (fd: number) => T): T | null {
  const fds = [openRoot(root)]
  try {
    for (const name of namesOf(path)) {
      if (lstat(last(fds), name)?.isDirectory() !== true) return null
      fds.push(openFolder(last(fds), name, false))
    }
    return use(last(fds))
  } finally {
    fds.forEach((fd) => closeSync(fd))
  }
}

export function openRoot (root: string): number {
  return openSync(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
}

export function openFolder (folder: number, name: string, unlock: boolean): number {
  const open = (): number => openSync(at(folder, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  if (!unlock) return open()
  try {
    return open()
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    chmodSync(at(folder, name), 0o755) // an agent can lock its own folder; what is thrown out must still go
    return open()
  }
}

export function entriesIn (fd: number): Dirent[] {
  const entries: Dirent[] = []
  firstIn(fd, (entry) => {
    entries.push(entry)
    if (entries.length > MAX_NAMES) throw Object.assign(new Error('too many names'), { code: 'too-many-names' })
    return false
  })
  return entries.sort((a, b) => a.name < b.name ? -1 : 1)
}

/** The name of the first entry that is meant; null when none is. */
export function firstIn (fd: number, isMeant: (entry: Dirent) => boolean): string | null {
  // `/proc/self/fd/N/` with its slash opens what the descriptor holds, whatever the path leads to by now.
  const folder = opendirSync(`/proc/self/fd/${fd}/`, { encoding: 'latin1', bufferSize: NAMES_AT_ONCE })
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      if (isMeant(entry)) return entry.name
    }
    return null
  } finally {
    folder.closeSync()
  }
}

export function lstat (folder: number, name: string): Stats | null {
  return lstatSync(at(folder, name), { throwIfNoEntry: false }) ?? null
}

export function namesOf (path: string): string[] {
  const names = path === '' ? [] : path.split('/')
  const bad = names.length > MAX_DEPTH || names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))
  if (bad) throw Object.assign(new Error('not a canonical path'), { code: 'bad-path' })
  return names
}

export function parentOf (path: string): string {
  return namesOf(path).slice(0, -1).join('/')
}

export function nameOf (path: string): string {
  const name = namesOf(path).at(-1)
  if (name === undefined) throw Object.assign(new Error('not a canonical path'), { code: 'bad-path' })
  return name
}

export function at (folder: number, name: string): Buffer {
  return Buffer.concat([bytes(`/proc/self/fd/${folder}/`), bytes(name)])
}

export function bytes (text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

export function last (fds: readonly number[]): number {
  return fds.at(-1) ?? -1
}

export function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}
