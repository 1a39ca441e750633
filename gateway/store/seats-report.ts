import { sortSeats, type SeatRow } from '../ledger/seats.ts'
import type { Store } from './store.ts'
import type { UsageQuery } from './usage-report.ts'

const SEATS = `
  SELECT entry #>> '{input,actor,org}' AS org, to_char(to_timestamp(time / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(DISTINCT actor) FILTER (WHERE verdict = 'allow')::float8 AS seats, (array_agg(entry #> '{input,seats,limit}' ORDER BY index DESC))[1]::text AS "limit"
  FROM ledger WHERE kind = 'decision' AND entry #>> '{input,kind}' = 'session'
    AND ($1::text IS NULL OR time >= $1::text::bigint) AND ($2::text IS NULL OR time < $2::text::bigint)
    AND ($3::text IS NULL OR actor = $3) AND ($4::text IS NULL OR app = $4) AND ($5::text IS NULL OR environment = $5)
  GROUP BY 1, 2 HAVING count(*) FILTER (WHERE verdict = 'allow') > 0`

/** Seats per org and month, counted by the store. The same figures as `foldSeats`. @throws GatewayError WEIR_ERR_STORE */
export async function seatsReport (store: Store, query: Omit<UsageQuery, 'group'>): Promise<readonly SeatRow[]> {
  const time = (ms: number | undefined): string | null => ms === undefined ? null : String(Math.round(ms))
  const rows = await store.query(SEATS, [time(query.sinceMs), time(query.untilMs), query.actor ?? null, query.app ?? null, query.environment ?? null])
  return sortSeats(rows.map((row) => ({ org: String(row['org']), month: String(row['month']), seats: Number(row['seats']), limit: limitOf(row['limit']) })))
}

// JSON text: a number, or `null` where there was no limit.
function limitOf (text: unknown): number | null {
  const limit: unknown = typeof text === 'string' ? JSON.parse(text) : null
  return typeof limit === 'number' ? limit : null
}
