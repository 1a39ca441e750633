import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { partialsPath, TILE_WIDTH, tilePath, type Tile } from './tile-path.ts'

/** The tiles of a log in a folder. */
export interface TileStore {
  /** The bytes of a tile, `itemBytes` for each of its items. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT when it is not there, or not whole */
  read (tile: Tile, itemBytes: number): Promise<Buffer>
  /** Writes a tile so that it is there whole or not at all. Names are durable after `sync`. @throws Error of the file system */
  write (tile: Tile, bytes: Buffer): Promise<void>
  /** Makes the names of what was written durable. */
  sync (): Promise<void>
}

// A write is a write and its fdatasync in one: under load there are dozens of tiles a second, and each call through the thread pool counts.
const DURABLE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC

export function openTileStore (dir: string): TileStore {
  const unsynced = new Set<string>()

  async function makeFolder (folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    // Each new folder is a name in the one above it.
    for (let made = folder; made.length >= first.length; made = dirname(made)) unsynced.add(dirname(made))
  }

  // Most folders are there already: to make sure of it took as long as to open the file.
  async function openNew (path: string): Promise<FileHandle> {
    try {
      return await open(path, DURABLE, 0o600)
    } catch (error) {
      if (!isAbsent(error)) throw error
      await makeFolder(dirname(path))
      return await open(path, DURABLE, 0o600)
    }
  }

  return {
    async read (tile, itemBytes) {
      const wanted = tile.width * itemBytes
      const bytes = await readIfThere(join(dir, tilePath(tile)))
      if (bytes !== null && bytes.length === wanted) return bytes
      // The partial forms of a tile go once the full one is there.
      const full = tile.width === TILE_WIDTH ? null : await readIfThere(join(dir, tilePath({ ...tile, width: TILE_WIDTH })))
      if (full !== null && full.length === TILE_WIDTH * itemBytes) return full.subarray(0, wanted)
      throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT', `${tilePath(tile)} of the ledger's log is missing or not whole.`)
    },
    async write (tile, bytes) {
      const path = join(dir, tilePath(tile))
      const file = await openNew(`${path}.new`)
      try {
        await file.writeFile(bytes)
      } finally {
        await file.close()
      }
      await rename(`${path}.new`, path)
      unsynced.add(dirname(path))
      if (tile.width === TILE_WIDTH) await rm(join(dir, partialsPath(tile)), { recursive: true, force: true })
    },
    async sync () {
      for (const folder of [...unsynced]) {
        await syncFolder(folder)
        unsynced.delete(folder)
      }
    },
  }
}

async function readIfThere (path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

function isAbsent (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

// A folder of partial forms may have gone meanwhile: its tile is full.
async function syncFolder (folder: string): Promise<void> {
  let handle
  try {
    handle = await open(folder, 'r')
  } catch (error) {
    if (isAbsent(error)) return
    throw error
  }
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
