import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { Type } from '../../core/schema-type.ts'
import type { Journal } from '../../ledger/journal.ts'
import { creditsText, CURRENCY, dollarsText } from '../../ledger/usage-text.ts'
import { chargeFor, type CreditRates } from '../../sessions/credits.ts'
import type { Sessions } from '../../sessions/session.ts'
import type { Mirror } from '../../store/mirror.ts'
import { sessionList, type SessionRow } from '../../store/session-list.ts'
import type { Store } from '../../store/store.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'

const PATH = '/weir/api/v1/sessions'
const CATCH_UP_MS = 2_000 // as for audit
const USUAL = 100
const MOST = 1_000

const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })),
}, { additionalProperties: false })

export interface SessionRoutesOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
  readonly sessions: Pick<Sessions, 'byId'>
  readonly credits: CreditRates
}

/** `GET /weir/api/v1/sessions`: running and recent sessions, newest first: one's own, or all where policy shows all usage. */
export const sessionRoutes: FastifyPluginAsync<SessionRoutesOptions> = async (app, options) => {
  const { store, mirror, journal } = options

  app.get(PATH, { schema: { querystring: Query } }, async (request) => {
    const { limit = USUAL } = request.query as Static<typeof Query>
    const { permit, sight } = await readAccess(request, PATH, 'weir-usage', options)
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'sessions answered from a store that is behind') })
    const mirrored = mirror.mirrored()
    const wanted = { actor: sight.actor, app: sight.app, environment: sight.env, limit }
    const rows = await settled(journal, permit, () => sessionList(store, wanted), ({ length }) => ({ rows: length }))
    return { currency: CURRENCY, mirrored, sessions: rows.map((row) => shown(row, options)) }
  })
}

function shown ({ session, startedAtMs, stoppedAtMs, costNanoUsd, ...row }: SessionRow, { sessions, credits }: SessionRoutesOptions): object {
  const running = stoppedAtMs === null ? sessions.byId(session) : null
  const soFarMs = Date.now() - startedAtMs
  const milliCredits = running === null ? row.milliCredits : chargeFor(credits, soFarMs, soFarMs).milliCredits
  return {
    session,
    // One of another gateway, or one that was just killed: neither seen running here nor recorded as stopped.
    state: running !== null ? 'running' : stoppedAtMs !== null ? 'stopped' : 'unknown',
    actor: row.actor,
    app: row.app,
    environment: row.environment,
    startedAt: new Date(startedAtMs).toISOString(),
    stoppedAt: stoppedAtMs === null ? null : new Date(stoppedAtMs).toISOString(),
    reason: row.reason,
    requests: row.requests,
    costNanoUsd,
    cost: dollarsText(costNanoUsd),
    milliCredits,
    credits: milliCredits === null ? null : creditsText(milliCredits),
    estimated: row.isEstimated,
  }
}
