import type { Store } from './store.ts'

/** One session as the ledger tells of it. Times are Unix milliseconds; what is null is not recorded. */
export interface SessionRow {
  readonly session: string
  readonly actor: string | null
  readonly app: string | null
  readonly environment: string | null
  readonly startedAtMs: number
  readonly stoppedAtMs: number | null
  readonly reason: string | null
  readonly milliCredits: number | null
  readonly isEstimated: boolean
  readonly requests: number
  readonly costNanoUsd: number
}

export interface SessionQuery {
  readonly actor?: string | undefined
  readonly app?: string | undefined
  readonly environment?: string | undefined
  readonly limit: number
}

const amount = (path: string): string => `CASE WHEN jsonb_typeof(${path}) = 'number' THEN (${path})::numeric ELSE 0 END`

// The newest first, and only then what they cost: sums are made for those that are shown.
const SESSIONS = `
  WITH recent AS (
    SELECT index, time, actor, app, environment, session FROM ledger
    WHERE kind = 'event' AND name = 'session-started' AND session IS NOT NULL
      AND ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR app = $2) AND ($3::text IS NULL OR environment = $3)
    ORDER BY index DESC LIMIT $4::text::int
  )
  SELECT r.session, r.actor, r.app, r.environment, r.time::float8 AS started, s.time::float8 AS stopped, s.entry #>> '{detail,reason}' AS reason,
    (${amount('s.entry #> \'{detail,milliCredits}\'')})::float8 AS credits, (s.entry #> '{detail,estimated}') = 'true'::jsonb AS estimated,
    u.requests::float8 AS requests, coalesce(u.cost, 0)::float8 AS cost
  FROM recent r
  LEFT JOIN LATERAL (SELECT time, entry FROM ledger WHERE session = r.session AND kind = 'event' AND name = 'session-stopped' ORDER BY index LIMIT 1) s ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS requests, sum(${amount('entry #> \'{detail,usage,costNanoUsd}\'')}) AS cost
    FROM ledger WHERE session = r.session AND kind = 'outcome' AND entry -> 'detail' ? 'usage'
  ) u ON true
  ORDER BY r.index DESC`

/** Sessions, newest first, with what they cost so far. @throws GatewayError WEIR_ERR_STORE */
export async function sessionList (store: Store, { actor, app, environment, limit }: SessionQuery): Promise<readonly SessionRow[]> {
  const rows = await store.query(SESSIONS, [actor ?? null, app ?? null, environment ?? null, String(limit)])
  const text = (value: unknown): string | null => typeof value === 'string' ? value : null
  return rows.map((row) => ({
    session: String(row['session']),
    actor: text(row['actor']),
    app: text(row['app']),
    environment: text(row['environment']),
    startedAtMs: Number(row['started']),
    stoppedAtMs: row['stopped'] === null ? null : Number(row['stopped']),
    reason: text(row['reason']),
    milliCredits: row['stopped'] === null ? null : Number(row['credits']),
    isEstimated: row['estimated'] === true,
    requests: Number(row['requests']),
    costNanoUsd: Number(row['cost']),
  }))
}
