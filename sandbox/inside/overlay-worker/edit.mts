import { closeSync, constants, fchmodSync, linkSync, mkdirSync, openSync, renameSync, rmdirSync, symlinkSync, unlinkSync, writeSync } from 'node:fs'
import { at, bytes, entriesIn, last, lstat, MAX_DEPTH, nameOf, namesOf, openFolder, openRoot, parentOf, withFolder } from './folders.mts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants

/** Removes a file, a link or a whole tree of the workspace; nothing there is no error. */
export function removePath (path: string): void {
  withFolder('/workspace', parentOf(path), (fd) => removeWhole(fd, nameOf(path)))
}

/** In place of whatever is there, folders of its path included. */
export function writePath (path: string, mode: number, content: Buffer): void {
  withNewFolder(path, (fd, name) => writeFile(fd, name, mode & 0o755, content))
}

/** Like {@link writePath}, a symbolic link. */
export function linkPath (path: string, target: string): void {
  withNewFolder(path, (fd, name) => symlinkSync(bytes(target), at(fd, name)))
}

/** In place of a file or of nothing; what else is in the way stays, and fails it. */
export function putPath (path: string, content: Buffer): void {
  withEnsuredFolder(path, (fd, name) => putFile(fd, name, content))
}

// A tree can be deeper than descriptors are many: what lies too deep is moved to the top, where it is removed by itself.
function removeWhole (folder: number, name: string): void {
  const top = openRoot('/workspace')
  const aside: string[] = []
  const putAside = (from: number, child: string): void => {
    const to = temporaryName()
    renameSync(at(from, child), at(top, to))
    aside.push(to)
  }
  try {
    remove(folder, name, 0, putAside)
    for (let next = aside.pop(); next !== undefined; next = aside.pop()) remove(top, next, 0, putAside)
  } finally {
    closeSync(top)
  }
}

function remove (folder: number, name: string, depth: number, putAside: (folder: number, name: string) => void): void {
  const found = lstat(folder, name)
  if (found === null) return
  if (!found.isDirectory()) return unlinkSync(at(folder, name))
  if (depth > MAX_DEPTH) return putAside(folder, name)
  const fd = openFolder(folder, name, true)
  try {
    for (const { name: child } of entriesIn(fd)) remove(fd, child, depth + 1, putAside)
  } finally {
    closeSync(fd)
  }
  rmdirSync(at(folder, name))
}

function temporaryName (): string {
  return `.weir-${process.hrtime.bigint()}`
}

// Written beside its place and linked into it: nobody sees half a file, and nothing that appeared meanwhile is followed or overwritten.
function writeFile (folder: number, name: string, mode: number, payload: Buffer): void {
  const making = temporaryName()
  const fd = openSync(at(folder, making), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    for (let done = 0; done < payload.length;) done += writeSync(fd, payload, done)
    fchmodSync(fd, mode)
    linkSync(at(folder, making), at(folder, name))
  } finally {
    closeSync(fd)
    unlinkSync(at(folder, making))
  }
}

// In place of a file or of nothing: a folder or a link that is there was never named by who asked for a file. It keeps its mode.
function putFile (folder: number, name: string, payload: Buffer): void {
  const found = lstat(folder, name)
  if (found !== null && !found.isFile()) throw Object.assign(new Error('not a file'), { code: 'not-a-file' })
  const making = temporaryName()
  const fd = openSync(at(folder, making), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    for (let done = 0; done < payload.length;) done += writeSync(fd, payload, done)
    fchmodSync(fd, found === null ? 0o644 : found.mode & 0o777)
    renameSync(at(folder, making), at(folder, name))
  } catch (error) {
    unlinkSync(at(folder, making))
    throw error
  } finally {
    closeSync(fd)
  }
}

// Makes the folders that are missing and leaves alone what is in their way.
function withEnsuredFolder (path: string, use: (folder: number, name: string) => void): void {
  const fds = [openRoot('/workspace')]
  try {
    for (const part of namesOf(parentOf(path))) {
      if (lstat(last(fds), part) === null) mkdirSync(at(last(fds), part), 0o755)
      fds.push(openFolder(last(fds), part, false))
    }
    use(last(fds), nameOf(path))
  } finally {
    fds.forEach((fd) => closeSync(fd))
  }
}

function withNewFolder (path: string, use: (folder: number, name: string) => void): void {
  const parts = namesOf(parentOf(path))
  const fds = [openRoot('/workspace')]
  try {
    for (const part of parts) fds.push(makeFolder(last(fds), part))
    removeWhole(last(fds), nameOf(path))
    use(last(fds), nameOf(path))
  } finally {
    fds.forEach((fd) => closeSync(fd))
  }
}

function makeFolder (folder: number, name: string): number {
  const found = lstat(folder, name)
  if (found !== null && !found.isDirectory()) unlinkSync(at(folder, name))
  if (found === null || !found.isDirectory()) mkdirSync(at(folder, name), 0o755)
  return openFolder(folder, name, true)
}
