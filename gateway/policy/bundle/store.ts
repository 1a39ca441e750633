import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../core/canonical-json.ts'

/** The bundle that was last in force, and what is known of it. `signedAt` is Unix seconds. */
export interface StoredBundle { readonly archive: Uint8Array, readonly etag: string | null, readonly signedAt: number | null }

export interface BundleStore {
  /** What was kept; null when there is nothing. The bundle is to be verified again: files can be changed. */
  read (): Promise<StoredBundle | null>
  /** Keeps it for a start without the server. */
  write (bundle: StoredBundle): Promise<void>
}

const FILES = { archive: 'bundle.tar.gz', state: 'state.json' } as const

/** Keeps the last good bundle in a folder of its own, for its owner's eyes. */
export function openBundleStore (dir: string): BundleStore {
  return {
    async read () {
      const archive = await readIfThere(join(dir, FILES.archive))
      return archive === null ? null : { archive, ...stateOf(await readIfThere(join(dir, FILES.state)), sha256(archive)) }
    },
    async write ({ archive, etag, signedAt }) {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await replace(join(dir, FILES.archive), archive)
      await replace(join(dir, FILES.state), JSON.stringify({ sha256: sha256(archive), etag, signedAt }))
    },
  }
}

// After a crash between the two files the state is of the bundle before: its ETag would hide the new one for ever, its
// time is still a bound.
function stateOf (bytes: Uint8Array | null, digest: string): Pick<StoredBundle, 'etag' | 'signedAt'> {
  const state = parse(bytes)
  const etag = state['sha256'] === digest && typeof state['etag'] === 'string' ? state['etag'] : null
  return { etag, signedAt: typeof state['signedAt'] === 'number' ? state['signedAt'] : null }
}

function parse (bytes: Uint8Array | null): Record<string, unknown> {
  if (bytes === null) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {} // the bundle's own signature says all that must be known
  }
}

async function readIfThere (file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

async function replace (file: string, content: Uint8Array | string): Promise<void> {
  const staging = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(staging, content, { mode: 0o600, flag: 'wx', flush: true })
    await rename(staging, file)
  } catch (error) {
    await rm(staging, { force: true })
    throw error
  }
}
