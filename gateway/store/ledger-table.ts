import type { RawEntry } from '../ledger/tail.ts'
import { GatewayError } from '../core/errors.ts'
import type { Store } from './store.ts'

/** Up to where the store holds the journal: the next index, and the hash of the entry before it. */
export interface Cursor { readonly next: number, readonly head: string }

export async function readCursor (store: Store): Promise<Cursor> {
  const [row] = await store.query('SELECT next, head FROM mirror_cursor')
  return { next: Number(row?.['next']), head: String(row?.['head']) }
}

/** Forgets every entry, so that the mirror begins anew. Rows cannot be deleted; the tables of the months they are in can. */
export async function emptyLedger (store: Store): Promise<void> {
  await store.query('SELECT weir_ledger_forget()')
  await store.query('TRUNCATE ledger_sessions')
}

// One statement, so rows and cursor change together, and no rows come without the cursor. An outcome says whose it is through
// its decision, which may stand in the same batch: rows inserted here are not yet visible here.
const APPEND = `
  WITH moved AS (
    UPDATE mirror_cursor SET next = $2::bigint, head = $3::text WHERE next = $4::bigint RETURNING next
  ), batch AS MATERIALIZED (
    SELECT value AS e, (value ->> 'index')::bigint AS index, (value ->> 'of')::bigint AS of_index
    FROM jsonb_array_elements($1::text::jsonb)
  ), about AS (
    SELECT b.e, b.index, b.of_index,
      coalesce(b.e #>> '{input,actor,id}', b.e ->> 'actor', d.e #>> '{input,actor,id}', l.actor) AS actor,
      coalesce(b.e #>> '{input,app}', b.e ->> 'app', d.e #>> '{input,app}', l.app) AS app,
      coalesce(b.e #>> '{input,environment}', b.e ->> 'environment', d.e #>> '{input,environment}', l.environment) AS environment,
      coalesce(b.e #>> '{input,session,id}', b.e ->> 'session', d.e #>> '{input,session,id}', l.session) AS session,
      coalesce(b.e ->> 'request', d.e ->> 'request', l.request) AS request
    FROM batch b
    LEFT JOIN batch d ON d.index = b.of_index
    LEFT JOIN ledger l ON l.index = b.of_index
  ), inserted AS (
    INSERT INTO ledger (index, time, kind, name, plane, actor, app, environment, session, verdict, rule, revision, tool, request, of_index, status, entry)
    SELECT index, (e ->> 'time')::bigint, e ->> 'kind', e ->> 'name', e ->> 'plane', actor, app, environment, session,
      e #>> '{decision,verdict}', e #>> '{decision,rule}', e #>> '{decision,revision}', e #>> '{input,tool,name}', request, of_index, e ->> 'status', e
    FROM about CROSS JOIN moved
  )
  SELECT next FROM moved`

// A statement of its own: PostgreSQL makes no partition of a table that the same statement writes to.
const MONTHS = 'SELECT weir_ledger_month(month) FROM (SELECT DISTINCT weir_month_start((value ->> \'time\')::bigint) AS month FROM jsonb_array_elements($1::text::jsonb)) AS months'

/** Adds entries, those that expired left out, and moves the cursor, or does neither. @throws GatewayError WEIR_ERR_STORE when the cursor is elsewhere */
export async function appendBatch (store: Store, batch: readonly RawEntry[]): Promise<void> {
  const [first] = batch
  const last = batch.at(-1)
  if (first === undefined || last === undefined) return
  const entries = `[${batch.flatMap(({ json }) => json === null ? [] : [storable(json)]).join(',')}]`
  await store.query(MONTHS, [entries])
  const moved = await store.query(APPEND, [entries, String(last.index + 1), last.hash, String(first.index)])
  if (moved.length === 0) throw new GatewayError('WEIR_ERR_STORE', 'Another gateway writes to this store.')
}

const NEEDS_CARE = /\\u(?:0000|d[89a-f])/
const ESCAPE = /\\(?:u(?:0000|d[89a-f][0-9a-f]{2})|.)/g

/**
 * The same JSON for PostgreSQL, whose jsonb takes neither U+0000 nor lone surrogates: each becomes U+FFFD here, while
 * the journal keeps the original. `JSON.stringify` escapes surrogates only when they are lone, in lower case.
 */
export function storable (json: string): string {
  if (!NEEDS_CARE.test(json)) return json
  return json.replace(ESCAPE, (escape) => escape.length > 2 ? '\\ufffd' : escape)
}
