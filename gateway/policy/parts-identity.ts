import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../core/canonical-json.ts'

// What reads a policy's sources for more than OPA compiles, and what writes it into the bundle.
const FOLDERS = ['syntax', 'data', 'bundle'] as const

/**
 * Changes with the code that computes what Weir adds to a bundle: an upgraded Weir must not take from its cache what an
 * older one understood of the same rules. Not the version: a checkout that is pulled keeps that.
 */
export async function partsIdentity (folder = fileURLToPath(new URL('.', import.meta.url))): Promise<string> {
  const parts = await Promise.all(FOLDERS.map(async (name) => {
    const files = (await readdir(join(folder, name))).filter((file) => /\.[jt]s$/.test(file)).sort()
    return await Promise.all(files.map(async (file) => `${name}/${file} ${sha256(await readFile(join(folder, name, file)))}`))
  }))
  return sha256(parts.flat().join('\n'))
}
