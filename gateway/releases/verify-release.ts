import { createHash, type KeyObject } from 'node:crypto'
import { openBlobReader } from '../project/blob-reader.ts'
import type { Git } from '../project/git.ts'
import { readTree, type Tree, type TreeEntry } from '../project/tree.ts'
import { archiveFacts } from './archive.ts'
import { tagMessage, tagRef } from './refs.ts'
import type { SignedManifest } from './release.ts'
import { algorithmOf } from './tree-id.ts'
import { archiveProblem, digestProblem, signatureProblem, treeProblem, verifyParts, type VerifiedPart } from './verified-part.ts'

export const VERIFIED_PARTS = ['signature', 'digest', 'commit', 'tree', 'archive', 'tag'] as const

/**
 * Makes everything of a release again that can be made again, and compares: needs the repository and the public key, and neither a gateway nor
 * its word. Objects are hashed here, not believed to be what git says that they are.
 */
export async function verifyRelease (git: Git, signed: SignedManifest, publicKey: KeyObject): Promise<readonly VerifiedPart[]> {
  const { manifest } = signed
  const { commit } = manifest
  return await verifyParts(VERIFIED_PARTS, {
    signature: async () => signatureProblem(signed, publicKey),
    digest: async () => digestProblem(manifest),
    commit: async () => await git.text(['rev-parse', '--verify', '--quiet', `${commit}^{tree}`]) === manifest.tree ? null : 'the commit has another tree',
    tree: async () => treeProblem(await hashed(git, await readTree(git, commit), algorithmOf(commit)), manifest),
    archive: async () => archiveProblem(await archiveFacts(git, await readTree(git, commit)), manifest),
    tag: async () => await tagProblem(git, signed),
  })
}

async function hashed (git: Git, tree: Tree, algorithm: 'sha1' | 'sha256'): Promise<Tree> {
  const blobs = openBlobReader(git)
  const found = new Map<string, TreeEntry>()
  try {
    for (const [path, entry] of tree) {
      const bytes = await blobs.read(entry.id)
      found.set(path, { mode: entry.mode, id: createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex') })
    }
    return found
  } finally {
    blobs.close()
  }
}

async function tagProblem (git: Git, signed: SignedManifest): Promise<string | null> {
  const ref = tagRef(signed.manifest.id)
  if (await git.text(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]) !== signed.manifest.commit) return 'the tag is on another commit'
  const text = (await git.run(['cat-file', 'tag', ref])).toString('utf8')
  return text.slice(text.indexOf('\n\n') + 2) === tagMessage(signed) ? null : 'the tag holds another manifest'
}
