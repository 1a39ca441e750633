/**
 * Reads and restores an overlay from inside a jail: `/upper` and `/lower` read-only, `/workspace` the merged view.
 * Self-contained: only `node:` modules, because this one file is all that is bound into the jail.
 *
 * Each message both ways is two 32-bit big-endian lengths, then that much JSON and that much payload. Paths are relative,
 * and binary-safe: every character is one byte. The agent can swap any path for a link at any time, so no path is ever
 * opened as a whole: each name is opened from its folder's descriptor, without following links.
 */
import {
  chmodSync, closeSync, constants, fchmodSync, fstatSync, linkSync, lstatSync, mkdirSync, openSync, opendirSync, readlinkSync,
  readSync, renameSync, rmdirSync, symlinkSync, unlinkSync, writeSync, type Dirent, type Stats,
} from 'node:fs'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const MAX_JSON_BYTES = 65_536
const MAX_PAYLOAD_BYTES = 268_435_456
const MAX_NAMES = 100_000 // in one folder
const MAX_DEPTH = 128
const NAMES_AT_ONCE = 1_024
const TICK_MS = 100 // far above one of the kernel's clock, from which change times are taken

interface Request { readonly op: string, readonly path: string, readonly max?: number, readonly mode?: number, readonly target?: string }
interface Answer { readonly ok: boolean, readonly problem?: string, readonly mode?: number }
type Kind = 'file' | 'symlink' | 'dir' | 'other'
/** `gone`: in the lower layer only. */
interface Found { readonly name: string, readonly kind: Kind | 'gone', readonly mode: number, readonly size: number, readonly mtimeMs: number, readonly stamp: string, readonly lower: Kind | null, readonly link?: string }

const OPS: Readonly<Record<string, (request: Request, payload: Buffer) => [Answer, Buffer]>> = {
  changed: ({ path }) => [{ ok: true }, json(changedIn(path))],
  lower: ({ path }) => [{ ok: true }, json(childrenOf('/lower', path) ?? [])],
  stat: ({ path }) => [{ ok: true }, json(withFolder('/workspace', parentOf(path), (fd) => kindOf(lstat(fd, nameOf(path)))) ?? null)],
  read: ({ path, max }) => readFile(path, max ?? 0),
  remove: ({ path }) => {
    withFolder('/workspace', parentOf(path), (fd) => removeWhole(fd, nameOf(path)))
    return [{ ok: true }, Buffer.alloc(0)]
  },
  write: ({ path, mode }, payload) => {
    withNewFolder(path, (fd, name) => writeFile(fd, name, (mode ?? 0) & 0o755, payload))
    return [{ ok: true }, Buffer.alloc(0)]
  },
  put: ({ path }, payload) => {
    withEnsuredFolder(path, (fd, name) => putFile(fd, name, payload))
    return [{ ok: true }, Buffer.alloc(0)]
  },
  link: ({ path, target }) => {
    withNewFolder(path, (fd, name) => symlinkSync(bytes(target ?? ''), at(fd, name)))
    return [{ ok: true }, Buffer.alloc(0)]
  },
}

function main (): void {
  for (let head = take(8); head !== null; head = take(8)) {
    if (head.readUInt32BE(0) > MAX_JSON_BYTES || head.readUInt32BE(4) > MAX_PAYLOAD_BYTES) process.exit(2)
    const request = JSON.parse((take(head.readUInt32BE(0)) ?? Buffer.alloc(0)).toString('latin1')) as Request
    const payload = take(head.readUInt32BE(4)) ?? Buffer.alloc(0)
    answer(...perform(request, payload))
  }
}

function perform (request: Request, payload: Buffer): [Answer, Buffer] {
  try {
    return OPS[request.op]?.(request, payload) ?? [{ ok: false, problem: 'unknown-op' }, Buffer.alloc(0)]
  } catch (error) {
    // The code only: a message would hold paths.
    return [{ ok: false, problem: codeOf(error) }, Buffer.alloc(0)]
  }
}

// What differs between the merged view and the lower layer, in one folder. The names that differ are those of the upper layer, so that a look costs
// them and not the folder; unless the folder hides what lies below it.
function changedIn (path: string): Found[] {
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

interface Child { readonly name: string, readonly kind: Kind }

function childrenOf (root: string, path: string): Child[] | null {
  return withFolder(root, path, childrenIn)
}

function childrenIn (folder: number): Child[] {
  return entriesIn(folder).map((entry) => ({ name: entry.name, kind: kindOf(entry) ?? 'other' }))
}

// Nobody in a sandbox can set a change time. One of just now says nothing: what is written within the same tick has it too.
function stampOf ({ ino, mode, size, mtimeMs, ctimeMs }: Stats): string {
  return ctimeMs > Date.now() - TICK_MS ? '' : `${ino} ${mode} ${size} ${mtimeMs} ${ctimeMs}`
}

function readFile (path: string, max: number): [Answer, Buffer] {
  const read = withFolder('/workspace', parentOf(path), (folder): [Answer, Buffer] => {
    // O_NONBLOCK: opening a FIFO that nobody writes must not hang.
    const fd = openSync(at(folder, nameOf(path)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const found = fstatSync(fd)
      if (!found.isFile()) return [{ ok: false, problem: 'not-a-file' }, Buffer.alloc(0)]
      if (found.size > max) return [{ ok: false, problem: 'too-large' }, Buffer.alloc(0)]
      return readOpen(fd, found, max)
    } finally {
      closeSync(fd)
    }
  })
  return read ?? [{ ok: false, problem: 'ENOENT' }, Buffer.alloc(0)]
}

// The file may grow while it is read, so the bound is on what comes out and not on what fstat said.
function readOpen (fd: number, found: Stats, max: number): [Answer, Buffer] {
  let buffer = Buffer.alloc(Math.min(found.size, max) + 1)
  let size = 0
  for (let count = readSync(fd, buffer, size, buffer.length - size, null); count > 0; count = readSync(fd, buffer, size, buffer.length - size, null)) {
    size += count
    if (size > max) return [{ ok: false, problem: 'too-large' }, Buffer.alloc(0)]
    if (size === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(Math.min(size, max + 1 - size))])
  }
  return [{ ok: true, mode: found.mode & 0o7777 }, buffer.subarray(0, size)]
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
  const making = `.weir-${process.hrtime.bigint()}`
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

/** Calls `use` with the folder's descriptor; null when the folder is not there or is not a real folder. */
function withFolder<T> (root: string, path: string, use: (fd: number) => T): T | null {
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

function openRoot (root: string): number {
  return openSync(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
}

function openFolder (folder: number, name: string, unlock: boolean): number {
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

function entriesIn (fd: number): Dirent[] {
  const entries: Dirent[] = []
  firstIn(fd, (entry) => {
    entries.push(entry)
    if (entries.length > MAX_NAMES) throw Object.assign(new Error('too many names'), { code: 'too-many-names' })
    return false
  })
  return entries.sort((a, b) => a.name < b.name ? -1 : 1)
}

/** The name of the first entry that is meant; null when none is. */
function firstIn (fd: number, isMeant: (entry: Dirent) => boolean): string | null {
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

function lstat (folder: number, name: string): Stats | null {
  return lstatSync(at(folder, name), { throwIfNoEntry: false }) ?? null
}

function kindOf (found: Stats | Dirent | null): Kind | null {
  if (found === null) return null
  if (found.isFile()) return 'file'
  if (found.isSymbolicLink()) return 'symlink'
  return found.isDirectory() ? 'dir' : 'other'
}

function namesOf (path: string): string[] {
  const names = path === '' ? [] : path.split('/')
  const bad = names.length > MAX_DEPTH || names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))
  if (bad) throw Object.assign(new Error('not a canonical path'), { code: 'bad-path' })
  return names
}

function parentOf (path: string): string {
  return namesOf(path).slice(0, -1).join('/')
}

function nameOf (path: string): string {
  const name = namesOf(path).at(-1)
  if (name === undefined) throw Object.assign(new Error('not a canonical path'), { code: 'bad-path' })
  return name
}

function at (folder: number, name: string): Buffer {
  return Buffer.concat([bytes(`/proc/self/fd/${folder}/`), bytes(name)])
}

function bytes (text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function json (value: unknown): Buffer {
  return bytes(JSON.stringify(value))
}

function last (fds: readonly number[]): number {
  return fds.at(-1) ?? -1
}

function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
}

const CHUNK = 65_536
const ANSWERS_AT_ONCE = 4 // a write each costs more; with all in one the gateway waits for the last of them before it works on the first
const NOTHING = Buffer.alloc(0)
const chunk = Buffer.alloc(CHUNK)
/** What one read brought and nobody took yet: requests come several at once. */
let held: Buffer = NOTHING
const PARTS_OF_ANSWER = 3
/** Answers that are not written yet, each in its parts. */
let answers: Buffer[] = []

function take (count: number): Buffer | null {
  const buffer = Buffer.alloc(count)
  let have = held.copy(buffer, 0, 0, Math.min(held.length, count))
  held = held.subarray(have)
  while (have < count) {
    const isLarge = count - have >= CHUNK
    const got = isLarge ? readMore(buffer, have) : readMore(chunk, 0)
    if (got === 0) return null
    const used = Math.min(got, count - have)
    if (!isLarge) {
      chunk.copy(buffer, have, 0, used)
      held = chunk.subarray(used, got) // read into again only when all of it was taken
    }
    have += used
  }
  return buffer
}

// The answers go out together, before anything that could take long: nobody may wait for one while this waits for a request.
function readMore (buffer: Buffer, at: number): number {
  sendAnswers()
  return readSync(0, buffer, at, buffer.length - at, null)
}

function answer (head: Answer, payload: Buffer): void {
  const text = json(head)
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(text.length, 0)
  lengths.writeUInt32BE(payload.length, 4)
  answers.push(lengths, text, payload)
  if (payload.length > CHUNK || answers.length >= ANSWERS_AT_ONCE * PARTS_OF_ANSWER) sendAnswers()
}

function sendAnswers (): void {
  if (answers.length === 0) return
  const message = Buffer.concat(answers)
  answers = []
  for (let done = 0; done < message.length;) done += writeSync(1, message, done)
}

main() // last: what is above has to be there
