import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import type { PackedBundle } from './bundle.ts'
import type { Reads } from './input-reads.ts'

const FILES = { archive: 'bundle.tar.gz', inspection: 'rules.json', reads: 'reads.json', digest: 'sha256' } as const

/** The bundle stored under this key, or null when there is none or it is damaged: then it is built anew. */
export async function readCachedBundle (cacheDir: string, key: string, revision: string): Promise<PackedBundle | null> {
  const folder = join(cacheDir, key)
  try {
    const archive = await readFile(join(folder, FILES.archive))
    const inspection = await readFile(join(folder, FILES.inspection), 'utf8')
    const reads = JSON.parse(await readFile(join(folder, FILES.reads), 'utf8')) as Reads
    const digest = await readFile(join(folder, FILES.digest), 'utf8')
    const packed = { archive, inspection, reads, revision }
    return digest === digestOfPacked(packed) ? packed : null
  } catch {
    return null // nothing usable there: building is always right, only slower
  }
}

/**
 * Stores a bundle whole or not at all (a folder of its own, then a rename).
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when the cache folder cannot be written
 */
export async function writeCachedBundle (cacheDir: string, key: string, packed: PackedBundle): Promise<void> {
  try {
    await mkdir(cacheDir, { recursive: true, mode: 0o700 })
    const staging = await mkdtemp(join(cacheDir, '.staging-'))
    await writeFile(join(staging, FILES.archive), packed.archive)
    await writeFile(join(staging, FILES.inspection), packed.inspection)
    await writeFile(join(staging, FILES.reads), JSON.stringify(packed.reads))
    await writeFile(join(staging, FILES.digest), digestOfPacked(packed))
    const folder = join(cacheDir, key)
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The compiled policy could not be stored in ${cacheDir}.`, { cause })
  }
}

function digestOfPacked ({ archive, inspection, reads }: PackedBundle): string {
  return sha256(`${sha256(archive)}\n${sha256(inspection)}\n${sha256(JSON.stringify(reads))}`)
}
