import { mkdir, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { pgliteImage } from './pglite-image.ts'
import { OPENED, type PgliteAnswer, type PgliteOpening, type PgliteRequest } from './pglite-protocol.ts'
import type { Driver, Row } from './store.ts'

const OPEN_TIMEOUT_MS = 60_000 // creating takes about 3 s on two cores; a broken folder can hang for good
const CLOSE_TIMEOUT_MS = 5_000

/** A running worker with the database open. */
interface Connection {
  ask (sql: string, params: readonly unknown[] | null): Promise<readonly Row[]>
  readonly isGone: () => boolean
  close (): Promise<void>
}

/**
 * The embedded database in a folder, in a worker thread of its own. A folder that does not open (its process was killed
 * at a bad moment) is deleted and made anew: it holds only what the journal holds. `image`: a file that an empty folder is
 * filled from; it need not be there. Default: the one that Weir was built with.
 */
export function openPglite (dir: string, image = pgliteImage()): Driver {
  let opening: Promise<Connection> | null = null
  let isClosed = false

  async function connection (): Promise<Connection> {
    if (isClosed) throw new Error('the store is closed')
    opening ??= openOrRebuild(dir, image)
    try {
      const current = await opening
      if (!current.isGone()) return current
    } catch (error) {
      opening = null
      throw error
    }
    opening = openOrRebuild(dir, image)
    return opening
  }

  return {
    query: async (sql, params) => (await connection()).ask(sql, params),
    async script (sql) { await (await connection()).ask(sql, null) },
    async close () {
      isClosed = true
      await opening?.then((current) => current.close(), () => undefined)
    },
  }
}

async function openOrRebuild (dir: string, image: string): Promise<Connection> {
  try {
    return await connect({ dir, image })
  } catch {
    await rm(dir, { recursive: true, force: true })
    return connect({ dir, image: null }) // the image may be what is damaged
  }
}

async function connect (opening: PgliteOpening): Promise<Connection> {
  await mkdir(opening.dir, { recursive: true, mode: 0o700 })
  const worker = new Worker(workerModule(), { workerData: opening, stdout: true, stderr: true })
  const waiting = new Map<number, { resolve (rows: readonly Row[]): void, reject (error: Error): void }>()
  let last = OPENED
  let isGone = false

  function end (error: Error): void {
    isGone = true
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', end)
  worker.on('exit', () => end(new Error('the embedded database ended')))
  worker.on('message', ({ id, rows, error }: PgliteAnswer) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    if (error === null) asked?.resolve(rows)
    else asked?.reject(new Error(error))
  })

  // An idle store keeps no process alive, one that owes an answer does.
  function wait (id: number): Promise<readonly Row[]> {
    worker.ref()
    return new Promise((resolve, reject) => { waiting.set(id, { resolve, reject }) })
  }

  const timer = setTimeout(() => { end(new Error('the embedded database did not open in time')) }, OPEN_TIMEOUT_MS)
  try {
    await wait(OPENED)
  } catch (error) {
    await worker.terminate()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return {
    isGone: () => isGone,
    ask (sql, params) {
      if (isGone) return Promise.reject(new Error('the embedded database ended'))
      last += 1
      worker.postMessage({ id: last, sql, params } satisfies PgliteRequest)
      return wait(last)
    },
    close: () => closeWorker(worker),
  }
}

async function closeWorker (worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => { worker.once('exit', () => { resolve() }) })
  worker.ref()
  worker.postMessage('close')
  const timer = setTimeout(() => { worker.terminate().catch(() => undefined) }, CLOSE_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}

// The compiler rewrites import statements only, not URLs.
function workerModule (): URL {
  return new URL(`./pglite-worker${extname(import.meta.url)}`, import.meta.url)
}
