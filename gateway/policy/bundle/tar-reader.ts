import { gunzipSync } from 'node:zlib'

const BLOCK = 512
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024
const MAX_FILES = 4_096
const REGULAR = new Set(['0', '\0'])
const FOLDER = '5'

/**
 * The regular files of a gzipped POSIX tar, by name without leading slashes (OPA writes one) or `./` (`tar` does).
 *
 * Nothing is skipped but folders: a link, a device or an extended header that one reader heeds and another does not could
 * give the two of them different files.
 *
 * @throws RangeError on a broken archive, a second member of one name, a name that climbs, a member that is not a file, more
 * than 4,096 files or more than 64 MiB
 */
export function readTarGz (archive: Uint8Array): Map<string, Uint8Array> {
  const tar = gunzipSync(archive, { maxOutputLength: MAX_UNPACKED_BYTES })
  const files = new Map<string, Uint8Array>()
  let at = 0
  while (at + BLOCK <= tar.length && !isEmpty(tar.subarray(at, at + BLOCK))) {
    const header = tar.subarray(at, at + BLOCK)
    const size = octal(header, 124, 12)
    checkSum(header)
    const from = at + BLOCK
    if (from + size > tar.length) throw new RangeError('the archive is cut short')
    const type = text(header, 156, 1) || '\0'
    if (REGULAR.has(type)) add(files, nameOf(header), tar.subarray(from, from + size))
    else if (type !== FOLDER) throw new RangeError('a member is neither a file nor a folder')
    at = from + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function add (files: Map<string, Uint8Array>, name: string, content: Uint8Array): void {
  if (name === '' || name.split('/').includes('..')) throw new RangeError('a member name climbs out of the archive')
  // Two members of one name: readers differ in which one they take.
  if (files.has(name)) throw new RangeError('two members have one name')
  if (files.size === MAX_FILES) throw new RangeError('the archive has too many files')
  files.set(name, content)
}

function nameOf (header: Uint8Array): string {
  const prefix = text(header, 345, 155)
  const name = text(header, 0, 100)
  return (prefix === '' ? name : `${prefix}/${name}`).replace(/^(?:\.?\/+)+/, '')
}

function text (header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString('utf8')
}

function octal (header: Uint8Array, from: number, length: number): number {
  const digits = text(header, from, length).trim()
  if (!/^[0-7]{1,11}$/.test(digits)) throw new RangeError('a number in the archive is not octal')
  return Number.parseInt(digits, 8)
}

// POSIX: the sum of the header's bytes, with the sum's own field read as spaces.
function checkSum (header: Uint8Array): void {
  let sum = 0
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte
  if (sum !== octal(header, 148, 8)) throw new RangeError('a header of the archive is broken')
}

function isEmpty (block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}
