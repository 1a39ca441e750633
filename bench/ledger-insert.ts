/**
 * Question: how many entries per second does a ledger keep that is one synchronous INSERT for each into PostgreSQL? On the same machine over a
 * Unix socket, every commit on the disk (fsync and synchronous_commit on), prepared statements, and no index but the key's.
 */
import pg from 'pg'
import { startPostgres } from '../test/gateway/store/throwaway-postgres.ts'
import { fromCallers } from './callers.ts'

export interface InsertOptions { readonly entry: object, readonly callers: number, readonly inserts: number }

/** Each caller has a connection. @returns entries per second, or why there is no PostgreSQL */
export async function benchInserts ({ entry, callers, inserts }: InsertOptions): Promise<number | string> {
  const server = startPostgres({ durable: true })
  if (typeof server === 'string') return server
  const pool = new pg.Pool({ connectionString: server.url, max: callers })
  try {
    await pool.query('CREATE TABLE audit (index bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time timestamptz NOT NULL DEFAULT now(), entry jsonb NOT NULL)')
    const insert = { name: 'insert', text: 'INSERT INTO audit (entry) VALUES ($1) RETURNING index', values: [JSON.stringify(entry)] }
    const run = async (total: number): Promise<number> => total / (await fromCallers(async () => await pool.query(insert), { callers, total })).seconds
    await run(callers * 10) // connects
    return await run(inserts)
  } finally {
    await pool.end()
    server.remove()
  }
}
