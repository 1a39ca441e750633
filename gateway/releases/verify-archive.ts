import { createHash, type KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { archiveTree } from './archive-tree.ts'
import type { ArchiveFacts, SignedManifest } from './release.ts'
import { algorithmOf } from './tree-id.ts'
import { archiveProblem, digestProblem, signatureProblem, treeProblem, verifyParts, type VerifiedPart } from './verified-part.ts'

export const ARCHIVE_PARTS = ['signature', 'digest', 'archive', 'tree'] as const

/**
 * Whether an exported archive is what its manifest says, by the public key alone: needs no repository, no gateway, and no word of either.
 * The file is read twice, in pieces.
 */
export async function verifyArchive (file: string, signed: SignedManifest, publicKey: KeyObject): Promise<readonly VerifiedPart[]> {
  const { manifest } = signed
  let isArchive = false
  return await verifyParts(ARCHIVE_PARTS, {
    signature: async () => signatureProblem(signed, publicKey),
    digest: async () => digestProblem(manifest),
    async archive () {
      const problem = archiveProblem({ ...await factsOf(file, manifest.archive.bytes), files: manifest.archive.files }, manifest)
      isArchive = problem === null
      return problem === null ? null : 'its bytes are others'
    },
    async tree () {
      // A tar that nobody vouches for is not parsed.
      if (!isArchive) return 'it is not looked at, as the archive is another one'
      const files = await archiveTree(createReadStream(file), algorithmOf(manifest.commit))
      return files.size === manifest.archive.files ? treeProblem(files, manifest) : 'it holds another number of files'
    },
  })
}

async function factsOf (file: string, bytes: number): Promise<Pick<ArchiveFacts, 'sha256' | 'bytes'>> {
  const hash = createHash('sha256')
  let read = 0
  // One byte more than it may have is enough to know; a device never ends.
  for await (const part of createReadStream(file, { end: bytes }) as AsyncIterable<Buffer>) {
    hash.update(part)
    read += part.length
  }
  return { sha256: hash.digest('hex'), bytes: read }
}
