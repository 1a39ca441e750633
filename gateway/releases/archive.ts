import { createHash } from 'node:crypto'
import { pack, type Header, type Pack } from 'tar-stream'
import { GatewayError } from '../core/errors.ts'
import { openBlobReader } from '../project/blob-reader.ts'
import type { Git } from '../project/git.ts'
import type { Tree } from '../project/tree.ts'
import type { ArchiveFacts } from './release.ts'

/** Files and links in one release: as many as an imported folder may have. */
export const MAX_FILES = 200_000

const MAX_BYTES = 4_294_967_296 // 4 GiB: some half a minute of hashing
const EPOCH = new Date(0)

/**
 * The tar of a tree's files and links in the order of their names' bytes. The same tree gives the same bytes, everywhere and always: no
 * clock, user or machine is in them.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when it is too large, holds a submodule, or a file is missing
 */
export async function * archive (git: Git, tree: Tree): AsyncGenerator<Buffer> {
  if (tree.size > MAX_FILES) throw tooLarge(`more than ${MAX_FILES} files`)
  const tar = pack()
  const filled = fill(tar, git, tree).catch((error: Error) => { tar.destroy(error) })
  try {
    yield * tar as AsyncIterable<Buffer>
  } finally {
    tar.destroy() // whoever reads may stop before the end
    await filled
  }
}

async function fill (tar: Pack, git: Git, tree: Tree): Promise<void> {
  const blobs = openBlobReader(git)
  let bytes = 0
  try {
    for (const [path, { mode, id }] of [...tree].sort(byBytes)) {
      if (mode === '160000') throw new GatewayError('WEIR_ERR_PROJECT', 'a release can not hold a submodule')
      const content = await blobs.read(id)
      bytes += content.length
      if (bytes > MAX_BYTES) throw tooLarge(`more than ${MAX_BYTES} bytes`)
      await (mode === '120000'
        ? put(tar, { name: path, mode: 0o644, mtime: EPOCH, type: 'symlink', linkname: content.toString('utf8') })
        : put(tar, { name: path, mode: mode === '100755' ? 0o755 : 0o644, mtime: EPOCH, type: 'file', size: content.length }, content))
    }
    tar.finalize()
  } finally {
    blobs.close()
  }
}

// Calls back when what went before was read: so a tree is never in memory as a whole.
function put (tar: Pack, header: Pick<Header, 'name'> & Partial<Header>, content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = tar.entry(header, (error) => error == null ? resolve() : reject(error))
    entry.end(content)
  })
}

/** Digest and size of the tar, which is written nowhere. Throws what `archive` does. */
export async function archiveFacts (git: Git, tree: Tree): Promise<ArchiveFacts> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of archive(git, tree)) {
    hash.update(part)
    bytes += part.length
  }
  return { sha256: hash.digest('hex'), bytes, files: tree.size }
}

function byBytes ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function tooLarge (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', `A release may not hold ${what}.`)
}
