import type { KeyObject } from 'node:crypto'
import type { Tree } from '../project/tree.ts'
import { isSignedBy, keyName } from './release-key.ts'
import { contentDigest, releaseId, type ArchiveFacts, type Manifest, type SignedManifest } from './release.ts'
import { algorithmOf, treeId } from './tree-id.ts'

/** `problem` is null for a part that holds. */
export interface VerifiedPart { readonly part: string, readonly problem: string | null }

/** Looks at each part in turn. What cannot be looked at does not hold. */
export async function verifyParts<Part extends string> (parts: readonly Part[], checks: Readonly<Record<Part, () => Promise<string | null>>>): Promise<readonly VerifiedPart[]> {
  const found: VerifiedPart[] = []
  for (const part of parts) {
    const problem = await checks[part]().catch((error: unknown) => error instanceof Error ? error.message : 'it cannot be read')
    found.push({ part, problem })
  }
  return found
}

export function signatureProblem (signed: SignedManifest, publicKey: KeyObject): string | null {
  // The key's name is not under the signature: one that is wrong would send people looking for a key that signed nothing.
  if (signed.key !== keyName(publicKey)) return 'it is signed by another key'
  return isSignedBy(signed, publicKey) ? null : 'it is not signed by this key, or was changed since'
}

export function digestProblem (manifest: Manifest): string | null {
  return contentDigest(manifest) === manifest.digest && releaseId(manifest.digest) === manifest.id ? null : 'it names other content than the manifest does'
}

export function treeProblem (files: Tree, manifest: Manifest): string | null {
  return treeId(files, algorithmOf(manifest.commit)) === manifest.tree ? null : 'its files make another tree'
}

export function archiveProblem ({ sha256, bytes, files }: ArchiveFacts, { archive }: Manifest): string | null {
  return sha256 === archive.sha256 && bytes === archive.bytes && files === archive.files ? null : 'its files make another archive'
}
