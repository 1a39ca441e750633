import { gzipSync } from 'node:zlib'

const BLOCK = 512
const NAME_BYTES = 100
const PREFIX_BYTES = 155
const MAX_SIZE = 0o77777777777 // eleven octal digits

/**
 * A gzipped POSIX tar of these files, in this order, each name with a leading slash as OPA writes them. The same files give
 * the same bytes: no clock, user or machine is in it.
 *
 * @throws RangeError when a name does not fit the 255 bytes that POSIX gives it
 */
export function writeTarGz (files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const blocks: Uint8Array[] = []
  for (const [name, content] of files) {
    blocks.push(header(`/${name}`, content.length), content, new Uint8Array((BLOCK - content.length % BLOCK) % BLOCK))
  }
  blocks.push(new Uint8Array(2 * BLOCK))
  return gzipSync(Buffer.concat(blocks))
}

function header (path: string, size: number): Uint8Array {
  if (size > MAX_SIZE) throw new RangeError('a file is too large for an archive')
  const { prefix, name } = splitName(path)
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0)
  block.write('0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  block.write(' '.repeat(8), 148)
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

// A longer name is cut at a slash into two fields, which readers join again.
function splitName (path: string): { readonly prefix: string, readonly name: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES) return { prefix: '', name: path }
  for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1)) {
    const prefix = path.slice(0, at)
    const name = path.slice(at + 1)
    if (name !== '' && Buffer.byteLength(prefix) <= PREFIX_BYTES && Buffer.byteLength(name) <= NAME_BYTES) return { prefix, name }
  }
  throw new RangeError('a file name is too long for an archive')
}
