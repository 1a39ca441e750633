import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite, types } from '@electric-sql/pglite'
import { imageFor } from './pglite-image.ts'
import { OPENED, type PgliteAnswer, type PgliteOpening, type PgliteRequest } from './pglite-protocol.ts'
import type { Row } from './store.ts'

// PostgreSQL in WebAssembly holds its thread while it works, so it has one of its own.
const port = parentPort
if (port === null) throw new Error('this module is the main module of a worker thread')

// Nobody waits for the store, everybody for the gateway. On Linux this is the priority of this thread alone; elsewhere of
// the whole process, so there it is left as it is.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

// As `pg` does: 64-bit integers and numerics come as text, so that both kinds of store answer alike.
const parsers = { [types.INT8]: (text: string) => text, [types.NUMERIC]: (text: string) => text }

function answer (message: PgliteAnswer): void {
  port?.postMessage(message)
}

function textOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function openDatabase (): Promise<PGlite | null> {
  try {
    // The journal is the durable record; this copy may lose its last moments and is filled up again.
    const { dir, image } = workerData as PgliteOpening
    const loadDataDir = image === null ? undefined : await imageFor(dir, image)
    const database = await PGlite.create({ dataDir: dir, relaxedDurability: true, parsers, ...(loadDataDir === undefined ? {} : { loadDataDir }) })
    answer({ id: OPENED, rows: [], error: null })
    return database
  } catch (error) {
    answer({ id: OPENED, rows: [], error: textOf(error) })
    return null
  }
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

const database = await openDatabase()
if (database !== null) {
  port.on('message', (request: PgliteRequest | 'close') => {
    if (request !== 'close') {
      run(database, request).catch((error: unknown) => { throw error })
      return
    }
    database.close().finally(() => { port.close() }).catch((error: unknown) => { throw error })
  })
}
