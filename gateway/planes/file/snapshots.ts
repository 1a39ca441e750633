import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Private copies of what was read from a workspace: what is decided is what is committed, whatever the agent writes next. */
export interface Snapshots {
  /** @returns absolute path of the copy, the same for the same id */
  keep (id: string, bytes: Uint8Array): Promise<string>
  /** Bytes kept so far. */
  size (): number
  discard (): Promise<void>
}

/** @param base the folder that they get a folder of their own in, with the first of them: most looks after a command find nothing to keep */
export function openSnapshots (base = tmpdir()): Snapshots {
  let folder: Promise<string> | null = null
  let total = 0
  return {
    async keep (id, bytes) {
      folder ??= mkdtemp(join(base, 'weir-change-set-')) // mode 0700
      const path = join(await folder, id)
      total += bytes.length
      await writeFile(path, bytes, { mode: 0o600 })
      return path
    },
    size: () => total,
    async discard () {
      const made = await folder?.catch(() => null) // who wanted to keep something has the error
      if (typeof made === 'string') await rm(made, { recursive: true, force: true })
    },
  }
}

/** For a look that keeps nothing. */
export const NO_SNAPSHOTS: Snapshots = Object.freeze({ keep: async () => '', size: () => 0, discard: async () => undefined })
