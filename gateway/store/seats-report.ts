import { RELEASE_REASONS, SEAT_RELEASED } from '../ledger/seat-entry.ts'
import { reportOf, type MonthLimit, type SeatMember, type SeatReport } from '../ledger/seats.ts'
import type { Store } from './store.ts'
import type { UsageQuery } from './usage-report.ts'

const IN_PERIOD = '($1::text IS NULL OR time >= $1::text::bigint) AND ($2::text IS NULL OR time < $2::text::bigint) AND ($3::text IS NULL OR actor = $3)'
const OF_SESSION = 'kind = \'decision\' AND entry #>> \'{input,kind}\' = \'session\' AND ($4::text IS NULL OR app = $4) AND ($5::text IS NULL OR environment = $5)'
const ORG = 'entry #>> \'{input,actor,org}\''
const MONTH = 'to_char(to_timestamp(time / 1000.0) AT TIME ZONE \'UTC\', \'YYYY-MM\')'

const LIMITS = `
  SELECT ${ORG} AS org, ${MONTH} AS month, (array_agg(entry #> '{input,seats,limit}' ORDER BY index DESC))[1]::text AS "limit"
  FROM ledger WHERE ${OF_SESSION} AND ${IN_PERIOD} GROUP BY 1, 2`

// A release belongs to an organisation, not to an app: it counts for whichever is looked at.
const MEMBERS = `
  SELECT org, month, actor,
    min(time) FILTER (WHERE kind = 'decision')::float8 AS taken,
    max(time) FILTER (WHERE kind = 'decision')::float8 AS last,
    count(*) FILTER (WHERE kind = 'event')::float8 AS releases,
    (array_agg(kind ORDER BY index DESC))[1] = 'event' AS is_released,
    ((array_agg(time ORDER BY index DESC))[1])::float8 AS changed,
    (array_agg(entry #>> '{detail,why}' ORDER BY index DESC))[1] AS why
  FROM (
    SELECT index, time, kind, actor, entry, ${ORG} AS org, ${MONTH} AS month FROM ledger WHERE ${OF_SESSION} AND verdict = 'allow' AND ${IN_PERIOD}
    UNION ALL
    SELECT index, time, kind, actor, entry, entry #>> '{detail,org}', entry #>> '{detail,month}' FROM ledger WHERE kind = 'event' AND name = '${SEAT_RELEASED}' AND ${IN_PERIOD}
  ) AS changes
  GROUP BY org, month, actor HAVING count(*) FILTER (WHERE kind = 'decision') > 0`

/** Seats per org and month, and per member, counted by the store. The same figures as `foldSeats`. @throws GatewayError WEIR_ERR_STORE */
export async function seatsReport (store: Store, query: Omit<UsageQuery, 'group'>): Promise<SeatReport> {
  const time = (ms: number | undefined): string | null => ms === undefined ? null : String(Math.round(ms))
  const parameters = [time(query.sinceMs), time(query.untilMs), query.actor ?? null, query.app ?? null, query.environment ?? null]
  const limits = await store.query(LIMITS, parameters)
  const members = await store.query(MEMBERS, parameters)
  return reportOf(limits.map(limitOf), members.map(memberOf))
}

type Row = Readonly<Record<string, unknown>>

// The limit is JSON text: a number, or `null` where there was none.
function limitOf (row: Row): MonthLimit {
  const limit: unknown = typeof row['limit'] === 'string' ? JSON.parse(row['limit']) : null
  return { org: String(row['org']), month: String(row['month']), limit: typeof limit === 'number' ? limit : null }
}

function memberOf (row: Row): SeatMember {
  const isReleased = row['is_released'] === true
  return {
    org: String(row['org']),
    month: String(row['month']),
    actor: String(row['actor']),
    takenMs: Number(row['taken']),
    lastMs: Number(row['last']),
    releases: Number(row['releases']),
    releasedMs: isReleased ? Number(row['changed']) : null,
    why: isReleased ? RELEASE_REASONS.find((reason) => reason === row['why']) ?? null : null,
  }
}
