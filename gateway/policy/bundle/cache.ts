import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../core/canonical-json.ts'
import { GatewayError } from '../../core/errors.ts'

const FILES = { archive: 'bundle.tar.gz', digest: 'sha256' } as const

/** The bundle stored under this key, or null when there is none or it is damaged: then it is built anew. */
export async function readCachedBundle (cacheDir: string, key: string): Promise<Uint8Array | null> {
  const folder = join(cacheDir, key)
  try {
    const archive = await readFile(join(folder, FILES.archive))
    const digest = await readFile(join(folder, FILES.digest), 'utf8')
    return digest === sha256(archive) ? archive : null
  } catch {
    return null // nothing usable there: building is always right, only slower
  }
}

/**
 * Stores a bundle whole or not at all (a folder of its own, then a rename).
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when the cache folder cannot be written
 */
export async function writeCachedBundle (cacheDir: string, key: string, archive: Uint8Array): Promise<void> {
  try {
    await mkdir(cacheDir, { recursive: true, mode: 0o700 })
    const staging = await mkdtemp(join(cacheDir, '.staging-'))
    await writeFile(join(staging, FILES.archive), archive)
    await writeFile(join(staging, FILES.digest), sha256(archive))
    await put(staging, { cacheDir, key })
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The compiled policy could not be stored in ${cacheDir}.`, { cause })
  }
}

async function put (staging: string, { cacheDir, key }: { readonly cacheDir: string, readonly key: string }): Promise<void> {
  const folder = join(cacheDir, key)
  try {
    await rename(staging, folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    // What somebody else stored meanwhile is as good, and may be being read; only damage is replaced.
    if (await readCachedBundle(cacheDir, key) !== null) return await rm(staging, { recursive: true })
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
  }
}
