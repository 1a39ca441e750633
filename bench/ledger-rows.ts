/**
 * Question: how long does a page of one session take, among ten million rows of a year? Through the store, as the command and the route ask.
 * A hundred thousand sessions of a hundred entries, fifty of them at any time; entries shorter than real ones, so that they load in minutes.
 */
import { createHash } from 'node:crypto'
import pg from 'pg'
import { auditQuery } from '../gateway/store/audit-query.ts'
import { openStore } from '../gateway/store/store.ts'
import { startPostgres } from '../test/gateway/store/throwaway-postgres.ts'
import { fromCallers, type Waited } from './callers.ts'

const ROWS = 10_000_000
const SESSION_ROWS = 100
const AT_ONCE = 50
const BLOCK = SESSION_ROWS * AT_ONCE
const LOTS = 50
const QUERIES = 200
const YEAR_FROM_MS = Date.parse('2025-11-01T00:00:00Z')
const YEAR_MS = 365 * 86_400_000

export interface RowFigures extends Waited { readonly loadSeconds: number }

/** @returns waits of one query after the other, or why there is no PostgreSQL */
export async function benchRows (dataDir: string, say: (text: string) => void): Promise<RowFigures | string> {
  const server = startPostgres()
  if (typeof server === 'string') return server
  const store = await openStore({ dataDir, databaseUrl: server.url })
  try {
    await store.open()
    const from = performance.now()
    await load(server.url, say)
    const loadSeconds = (performance.now() - from) / 1_000
    const ask = async (place: number): Promise<void> => {
      const { entries } = await auditQuery(store, { session: sessionOf(Math.floor((place + 0.5) * ROWS / SESSION_ROWS / QUERIES)), limit: SESSION_ROWS })
      if (entries.length !== SESSION_ROWS) throw new Error(`a session has ${entries.length} entries`)
    }
    return { loadSeconds, ...await fromCallers(ask, { callers: 1, total: QUERIES }) }
  } finally {
    await store.close()
    server.remove()
  }
}

// As in LOAD. Like real ids they are in no order, so the planner cannot take a session's entries to be one behind the other.
function sessionOf (place: number): string {
  return `wses_${createHash('md5').update(String(place)).digest('hex').slice(0, 26)}`
}

async function load (url: string, say: (text: string) => void): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    // An index is built over all rows in a fraction of the time that it takes to add them to it one by one.
    const { rows: indexes } = await client.query<{ name: string, make: string }>('SELECT indexname AS name, replace(indexdef, \' ON ONLY \', \' ON \') AS make FROM pg_indexes WHERE tablename = \'ledger\'')
    for (const { name } of indexes) await client.query(`DROP INDEX ${name}`)
    for (let month = 0; month < 12; month += 1) await client.query('SELECT weir_ledger_month($1)', [String(YEAR_FROM_MS + (month * 30.5 + 1) * 86_400_000)])
    for (let lot = 0; lot < LOTS; lot += 1) {
      await client.query(LOAD, [String(lot * ROWS / LOTS), String((lot + 1) * ROWS / LOTS - 1)])
      if (lot % 10 === 9) say(`  ledger: ${(lot + 1) * ROWS / LOTS} rows are loaded`)
    }
    await client.query('SET maintenance_work_mem = \'512MB\'')
    for (const { name, make } of indexes) {
      await client.query(make)
      say(`  ledger: ${name} is built`)
    }
    await client.query('ANALYZE ledger')
  } finally {
    await client.end()
  }
}

const LOAD = `
  INSERT INTO ledger (index, time, kind, plane, actor, app, environment, session, verdict, rule, revision, tool, entry)
  SELECT i, ${YEAR_FROM_MS} + i * ${YEAR_MS / ROWS}::float8, 'decision', 'model', 'actor-' || n % 500 || '@acme.test', 'shop', (ARRAY['DEV', 'TEST', 'PROD'])[1 + n % 3],
    'wses_' || left(md5(n::text), 26), CASE WHEN i % 20 = 0 THEN 'deny' ELSE 'allow' END, 'weir.rule_' || i % 40, '7777777777777777', 'run-shell',
    ('{"index":' || i || ',"kind":"decision","plane":"model","decision":{"reason":"src/.env holds secrets."},"input":{"targets":[{"path":"src/file' || i % 7777 || '.ts","class":"source","access":"write"}]}}')::jsonb
  FROM (SELECT i, i / ${BLOCK} * ${AT_ONCE} + i % ${AT_ONCE} AS n FROM generate_series($1::bigint, $2::bigint) AS i) AS places`
