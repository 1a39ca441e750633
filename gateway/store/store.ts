import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { migrate } from './migrate.ts'
import { openPglite } from './pglite.ts'

export type Row = Readonly<Record<string, unknown>>

/** An open database. `script` runs several statements as one transaction, without parameters. */
export interface Connection {
  query (sql: string, params: readonly unknown[]): Promise<readonly Row[]>
  script (sql: string): Promise<void>
}

/** A database of either kind. */
export interface Driver {
  /** Opens the database where that is needed, and keeps it open until the work is done. */
  use<Result> (work: (connection: Connection) => Promise<Result>): Promise<Result>
  /** How often the database was lost without being closed: what it held last, or all of it, may be gone. */
  losses (): number
  close (): Promise<void>
}

/**
 * The queryable copy of the ledger. It can always be made again from the journal, so nothing waits for it. Statements
 * are PostgreSQL's in both kinds; 64-bit and numeric columns come back as text, or as numbers when cast to float8.
 */
export interface Store {
  readonly kind: 'pglite' | 'postgres'
  /** @throws GatewayError WEIR_ERR_STORE when the database is away or refuses the statement; the next call tries again */
  query (sql: string, params?: readonly unknown[]): Promise<readonly Row[]>
  /** Connects and migrates, as the first query does. @throws GatewayError WEIR_ERR_STORE */
  open (): Promise<void>
  /** As the driver's. */
  losses (): number
  close (): Promise<void>
}

export interface StoreOptions {
  readonly dataDir: string
  /** Null for the embedded database in the data directory. */
  readonly databaseUrl: string | null
  /** How long the embedded database stays open after its last use, ms. Default: a minute. */
  readonly idleMs?: number
}

/**
 * Opens the store without waiting for it: a database that is away must not keep a gateway from starting. The first query
 * connects and migrates.
 *
 * @throws GatewayError WEIR_ERR_STORE when the database URL cannot be read
 */
export async function openStore (options: StoreOptions): Promise<Store> {
  const kind = options.databaseUrl === null ? 'pglite' : 'postgres'
  const driver = options.databaseUrl === null ? openPglite(join(options.dataDir, 'store'), options.idleMs === undefined ? {} : { idleMs: options.idleMs }) : await postgresAt(options.databaseUrl)
  const migrated = new WeakMap<Connection, Promise<void>>()

  async function ready (connection: Connection): Promise<void> {
    const done = migrated.get(connection) ?? migrate(connection)
    migrated.set(connection, done)
    await done.catch((error: unknown) => {
      migrated.delete(connection)
      throw error
    })
  }

  async function use<Result> (work: (connection: Connection) => Promise<Result>): Promise<Result> {
    try {
      return await driver.use(async (connection) => {
        await ready(connection)
        return await work(connection)
      })
    } catch (cause) {
      throw storeError(cause)
    }
  }

  return {
    kind,
    query: (sql, params = []) => use(({ query }) => query(sql, params)),
    open: () => use(async () => {}),
    losses: () => driver.losses(),
    close: () => driver.close(),
  }
}

// Loaded for those who have one: its client is a twentieth of what a start loads.
async function postgresAt (url: string): Promise<Driver> {
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(url)
}

function storeError (cause: unknown): GatewayError {
  return cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_STORE', undefined, { cause })
}
