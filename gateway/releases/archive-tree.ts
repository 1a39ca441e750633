import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { GatewayError } from '../core/errors.ts'
import type { Tree, TreeEntry, TreeMode } from '../project/tree.ts'
import { MAX_FILES } from './archive.ts'

/**
 * The tree that git would make of an archive's files and links, hashed as they come: nothing is unpacked, and no content is kept.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when something in it is neither file nor link, or two have one name; Error when it is no tar
 */
export async function archiveTree (tar: Readable, algorithm: 'sha1' | 'sha256'): Promise<Tree> {
  const files = new Map<string, TreeEntry>()
  const unpacking = extract()
  tar.once('error', (error) => unpacking.destroy(error))
  try {
    tar.pipe(unpacking as unknown as NodeJS.WritableStream) // a stream of another make, with the same methods
    for await (const entry of unpacking) {
      const { name } = entry.header
      if (files.has(name)) throw new GatewayError('WEIR_ERR_PROJECT', 'two files of the archive have one name')
      if (files.size === MAX_FILES) throw new GatewayError('WEIR_ERR_PROJECT', `the archive holds more than ${MAX_FILES} files`)
      files.set(name, { mode: modeOf(entry.header), id: await blobId(entry.header, entry as AsyncIterable<Buffer>, algorithm) })
    }
    return files
  } finally {
    tar.destroy()
  }
}

async function blobId ({ type, size, linkname }: Header, content: AsyncIterable<Buffer>, algorithm: 'sha1' | 'sha256'): Promise<string> {
  const target = type === 'symlink' ? Buffer.from(linkname) : null
  const hash = createHash(algorithm).update(`blob ${target?.length ?? size}\0`)
  if (target !== null) hash.update(target)
  for await (const part of content) hash.update(part)
  return hash.digest('hex')
}

function modeOf ({ type, mode }: Header): TreeMode {
  if (type === 'symlink') return '120000'
  if (type !== 'file') throw new GatewayError('WEIR_ERR_PROJECT', 'the archive holds what is neither a file nor a link')
  return (mode & 0o100) === 0 ? '100644' : '100755'
}
