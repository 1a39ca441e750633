import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { replaceFile } from '../files/replace-file.ts'
import { tooLong, type ObjectStore } from './object-store.ts'

/** A folder as a store: each object is a file of its owner alone, there as a whole or not at all. */
export function openFolder (folder: string): ObjectStore {
  async function get (name: string, maxBytes: number): Promise<Buffer | null> {
    const file = join(folder, name)
    try {
      if ((await stat(file)).size > maxBytes) throw tooLong(name, maxBytes)
      return await readFile(file)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
  }

  return {
    async put (name, body) {
      const file = join(folder, name)
      await mkdir(dirname(file), { recursive: true })
      await replaceFile(file, body)
    },
    get,
    holds: async (name, body) => (await get(name, Infinity))?.equals(body) === true,
    async close () {},
  }
}
