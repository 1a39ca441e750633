import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { text } from 'node:stream/consumers'
import { GatewayError } from '../core/errors.ts'
import { replaceFile } from '../files/replace-file.ts'
import type { Git } from '../project/git.ts'
import { readTree } from '../project/tree.ts'
import { archive } from './archive.ts'
import { MAX_MANIFEST_BYTES, parseSignedManifest } from './release-schema.ts'
import type { SignedManifest } from './release.ts'

/** Where the manifest of an exported archive is: beside it, as in it it would change the digest that it names. */
export function manifestFileOf (file: string): string {
  return `${file}.manifest.json`
}

/**
 * Writes exactly the archive that the manifest names, and the manifest with its signature beside it. Either file is there as a whole or as
 * it was before.
 *
 * @throws GatewayError WEIR_ERR_PROJECT when the repository does not make these bytes any more; Error of the file system
 */
export async function exportRelease (git: Git, signed: SignedManifest, file: string): Promise<void> {
  await replaceFile(file, archiveOf(git, signed))
  await replaceFile(manifestFileOf(file), `${JSON.stringify(signed)}\n`)
}

async function * archiveOf (git: Git, { manifest }: SignedManifest): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const part of archive(git, await readTree(git, manifest.commit))) {
    hash.update(part)
    yield part
  }
  if (hash.digest('hex') !== manifest.archive.sha256) throw new GatewayError('WEIR_ERR_PROJECT', 'The repository does not make the archive of this release any more.')
}

/** The manifest beside an exported archive; null when it is none. @throws Error of the file system */
export async function readExportedManifest (file: string): Promise<SignedManifest | null> {
  return parseSignedManifest(await text(createReadStream(manifestFileOf(file), { end: MAX_MANIFEST_BYTES })))
}
