import { mkdir, readdir } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { PGlite, types } from '@electric-sql/pglite'
import { GatewayError } from '../core/errors.ts'
import { lockWriter, type WriterLock } from '../ledger/writer-lock.ts'
import { imageFor } from './pglite-image.ts'
import { OPENED, type PgliteAnswer, type PgliteOpening, type PgliteRequest } from './pglite-protocol.ts'
import type { Row } from './store.ts'

// The main module of the process that PostgreSQL in WebAssembly runs in: it holds its thread while it works, and keeps the most memory that it
// ever had, so that only the end of its process gives any of it back.

// PostgreSQL's own 128 MB are filled as tables are read and never given back, for a copy that is read now and then. What is not in them is in
// the system's cache of files.
const SHARED_BUFFERS = '8MB'

// A third of what the gateway gets of a processor that both want. The system's own "below normal" is a tenth, and on a busy machine somebody
// who reads a report waited minutes for that; it cannot be taken back for a reader without privileges.
const NICENESS = 5

const LOCK_WAIT_MS = 20_000 // what a killed gateway left running ends with its statement
const LOCK_RETRY_MS = 100

// As `pg` does: 64-bit integers and numerics come as text, so that both kinds of store answer alike.
const parsers = { [types.INT8]: (text: string) => text, [types.NUMERIC]: (text: string) => text }

function answer (message: PgliteAnswer): void {
  if (process.connected) process.send?.(message)
}

function textOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Waits for the right to open the folder. @returns null when another process still has it */
async function lockFolder (dir: string): Promise<WriterLock | null> {
  const beside = `${dir}.lock`
  await mkdir(beside, { recursive: true, mode: 0o700 })
  const giveUpMs = performance.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      return await lockWriter(beside)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      if (performance.now() > giveUpMs) return null
      await delay(LOCK_RETRY_MS)
    }
  }
}

async function openDatabase ({ dir, image }: PgliteOpening): Promise<PGlite> {
  // The journal is the durable record; this copy may lose its last moments and is filled up again.
  const loadDataDir = image === null ? undefined : await imageFor(dir, image)
  return await PGlite.create({ dataDir: dir, relaxedDurability: true, parsers, startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`], ...(loadDataDir === undefined ? {} : { loadDataDir }) })
}

async function run (database: PGlite, { id, sql, params }: PgliteRequest): Promise<void> {
  try {
    if (params === null) await database.exec(sql)
    const rows = params === null ? [] : (await database.query<Row>(sql, [...params])).rows
    answer({ id, rows, error: null })
  } catch (error) {
    answer({ id, rows: [], error: textOf(error) })
  }
}

/** Linux keeps a priority for each thread, and those that compile were begun before: by themselves they took all processors for a second. */
async function giveWay (): Promise<void> {
  setPriority(NICENESS)
  if (process.platform !== 'linux') return
  for (const thread of await readdir('/proc/self/task')) {
    try {
      setPriority(Number(thread), NICENESS)
    } catch {
      // It has ended meanwhile.
    }
  }
}

async function serve (opening: PgliteOpening): Promise<void> {
  const lock = await lockFolder(opening.dir)
  if (lock === null) {
    answer({ id: OPENED, rows: [], error: 'another process has the embedded database open', isTaken: true })
    return
  }
  const database = await openDatabase(opening)
  // Copying the journal is what takes long, and nobody waits for that; opening is done once, for somebody who does.
  await giveWay()
  process.on('message', (request: PgliteRequest | 'close') => {
    if (request !== 'close') return fatal(run(database, request))
    fatal(database.close().then(() => lock.release()).then(() => { process.disconnect() }))
  })
  answer({ id: OPENED, rows: [], error: null })
}

/** What fails here is said as the answer to the opening; later there is nobody to say it to, and the gateway sees the end. */
function fatal (work: Promise<void>): void {
  work.catch((error: unknown) => {
    answer({ id: OPENED, rows: [], error: textOf(error) })
    process.exitCode = 1
    if (process.connected) process.disconnect()
  })
}

// A terminal sends its signals to all of a gateway's processes; only the gateway knows when the store is to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => { process.exit() })
process.once('message', (opening: PgliteOpening) => { fatal(serve(opening)) })
