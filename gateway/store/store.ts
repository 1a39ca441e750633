import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import { migrationScript, MIGRATIONS } from './migrations.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

export type Row = Readonly<Record<string, unknown>>

/** A database connection of either kind. `script` runs several statements as one transaction, without parameters. */
export interface Driver {
  query (sql: string, params: readonly unknown[]): Promise<readonly Row[]>
  script (sql: string): Promise<void>
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
  close (): Promise<void>
}

export interface StoreOptions {
  readonly dataDir: string
  /** Null for the embedded database in the data directory. */
  readonly databaseUrl: string | null
}

/**
 * Opens the store without waiting for it: a database that is away must not keep a gateway from starting. The first query
 * connects and migrates.
 *
 * @throws GatewayError WEIR_ERR_STORE when the database URL cannot be read
 */
export async function openStore (options: StoreOptions): Promise<Store> {
  const kind = options.databaseUrl === null ? 'pglite' : 'postgres'
  const driver = options.databaseUrl === null ? openPglite(join(options.dataDir, 'store')) : openPostgres(options.databaseUrl)
  let migrated: Promise<void> | null = null
  return {
    kind,
    async query (sql, params = []) {
      try {
        migrated ??= migrate(driver)
        await migrated
      } catch (cause) {
        migrated = null
        throw storeError(cause)
      }
      return driver.query(sql, params).catch((cause: unknown) => { throw storeError(cause) })
    },
    close: () => driver.close(),
  }
}

async function migrate (driver: Driver): Promise<void> {
  await driver.script('CREATE TABLE IF NOT EXISTS weir_migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())')
  const applied = (await driver.query('SELECT id FROM weir_migrations', [])).map((row) => Number(row['id']))
  const newer = applied.find((id) => !MIGRATIONS.some((migration) => migration.id === id))
  if (newer !== undefined) throw new GatewayError('WEIR_ERR_STORE', `The store has migration ${newer}, which this version does not know. Start the newer version.`)
  for (const migration of MIGRATIONS.filter(({ id }) => !applied.includes(id))) await driver.script(migrationScript(migration))
}

function storeError (cause: unknown): GatewayError {
  return cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_STORE', undefined, { cause })
}
