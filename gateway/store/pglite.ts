import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FolderTaken, startPglite, type PgliteConnection } from './pglite-connection.ts'
import { pgliteImage } from './pglite-image.ts'
import type { PgliteOpening } from './pglite-protocol.ts'
import type { Driver } from './store.ts'

const IDLE_MS = 60_000 // opening again takes half a second of a core; who turns the pages of an audit does not pay it for each

export interface PgliteOptions {
  /** A file that an empty folder is filled from; it need not be there. Default: the one that Weir was built with. */
  readonly image?: string
  /** How long the database stays open after its last use, ms. Default: a minute. */
  readonly idleMs?: number
}

/**
 * The embedded database in a folder, in a process of its own, which ends when nobody has used it for a while. A folder that
 * does not open (its process was killed at a bad moment) is deleted and made anew: it holds only what the journal holds.
 */
export function openPglite (dir: string, { image = pgliteImage(), idleMs = IDLE_MS }: PgliteOptions = {}): Driver {
  let current: Promise<PgliteConnection> | null = null
  let closing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let users = 0
  let losses = 0
  let isClosed = false

  function open (): Promise<PgliteConnection> {
    const forget = (): void => { if (current === opened) current = null }
    const opened = openOrRebuild({ dir, image }, {
      onRebuild: () => { losses += 1 },
      onGone: () => {
        losses += 1
        forget()
      },
    })
    opened.catch(forget)
    return opened
  }

  function rest (): void {
    closing = closeIfOpen(current)
    current = null
  }

  return {
    losses: () => losses,
    async use (work) {
      clearTimeout(timer)
      users += 1
      try {
        await closing
        if (isClosed) throw new Error('the store is closed')
        current ??= open()
        return await work(await current)
      } finally {
        users -= 1
        if (users === 0 && !isClosed) timer = setTimeout(rest, idleMs).unref()
      }
    },
    async close () {
      isClosed = true
      clearTimeout(timer)
      await closing
      await closeIfOpen(current)
    },
  }
}

async function closeIfOpen (connection: Promise<PgliteConnection> | null): Promise<void> {
  await connection?.then(({ close }) => close(), () => undefined) // what did not open was told to whoever wanted it
}

interface Losing { onRebuild (): void, onGone (): void }

async function openOrRebuild (opening: PgliteOpening, { onRebuild, onGone }: Losing): Promise<PgliteConnection> {
  const isNew = !hasDatabase(opening.dir)
  try {
    return await connect(opening, onGone)
  } catch (error) {
    if (error instanceof FolderTaken) throw error
    await rm(opening.dir, { recursive: true, force: true })
    onRebuild()
    return connect(isNew ? { dir: opening.dir, image: null } : opening, onGone) // where there was no database, the image is what is damaged
  }
}

async function connect (opening: PgliteOpening, onGone: () => void): Promise<PgliteConnection> {
  await mkdir(opening.dir, { recursive: true, mode: 0o700 })
  if (!hasDatabase(opening.dir)) {
    // A process keeps the memory in which it made a database: 80 MiB with an image, 550 MiB without. It is for that alone.
    const maker = await startPglite(opening, () => {}) // if it ends early, the next one finds that
    await maker.close()
  }
  return await startPglite({ dir: opening.dir, image: null }, onGone)
}

function hasDatabase (dir: string): boolean {
  return existsSync(join(dir, 'PG_VERSION'))
}
