import pg from 'pg'
import { GatewayError } from '../core/errors.ts'
import type { Connection, Driver, Row } from './store.ts'

const MAX_CONNECTIONS = 4 // the mirror, and a few audit queries beside it
const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 30_000
const SCRIPT_TIMEOUT_MS = 24 * 3_600_000 // a migration may copy a ledger of years

/**
 * The entries of a session lie between those of all others, each on a page of its own. PostgreSQL asks the disk for one page after the other, unless
 * it may ask for more at once; up to version 17 it asks for one.
 */
const READ_AHEAD = 'SELECT set_config(\'effective_io_concurrency\', greatest(current_setting(\'effective_io_concurrency\')::int, 32)::text, false)'

/** PostgreSQL through a pool. @throws GatewayError WEIR_ERR_STORE when the URL cannot be read (it may hold a password, so it is not repeated) */
export function openPostgres (databaseUrl: string): Driver {
  const pool = poolFor(databaseUrl)
  // An idle connection that breaks raises this; unheard it would end the process. The next query says what is wrong.
  pool.on('error', () => undefined)
  const connection: Connection = {
    async query (sql, params) {
      const result = await pool.query<Row>(sql, [...params])
      return result.rows
    },
    // Without parameters `pg` sends one simple query, which PostgreSQL runs as one transaction.
    async script (sql) { await pool.query(scriptOf(sql)) },
  }
  return {
    use: (work) => work(connection),
    losses: () => 0, // a server of its own keeps what it has confirmed
    close: () => pool.end(),
  }
}

// `pg` takes a time-out for one query, which its types do not name.
function scriptOf (sql: string): pg.QueryConfig {
  return { text: `SET LOCAL statement_timeout = ${SCRIPT_TIMEOUT_MS};${sql}`, query_timeout: SCRIPT_TIMEOUT_MS } as pg.QueryConfig
}

function poolFor (databaseUrl: string): pg.Pool {
  try {
    return new pg.Pool({
      connectionString: databaseUrl,
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
      application_name: 'weir',
      // A database on a system that cannot read ahead refuses it, and answers as well without.
      async onConnect (client) { await client.query(READ_AHEAD).catch(() => undefined) },
    })
  } catch {
    throw new GatewayError('WEIR_ERR_STORE', 'The database URL cannot be read. It looks like postgres://user:password@host:5432/name')
  }
}
