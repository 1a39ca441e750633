import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { Type } from '../../core/schema-type.ts'
import type { Journal } from '../../ledger/journal.ts'
import { creditsText, CURRENCY, dollarsText } from '../../ledger/usage-text.ts'
import { chargeFor, type CreditRates } from '../../sessions/credits.ts'
import type { Observing } from '../../sessions/observing.ts'
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
  owner: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })),
}, { additionalProperties: false })

export interface SessionRoutesOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
  readonly sessions: Pick<Sessions, 'byId'>
  readonly credits: CreditRates
  readonly observing: Observing
}

/** `GET /weir/api/v1/sessions`: running and recent sessions, newest first: one's own, or all where policy shows all usage. With `?owner=ACTOR` that one's: running ones that the caller may observe. */
export const sessionRoutes: FastifyPluginAsync<SessionRoutesOptions> = async (app, options) => {
  const { store, mirror, journal } = options

  app.get(PATH, { schema: { querystring: Query } }, async (request) => {
    const { limit = USUAL, owner } = request.query as Static<typeof Query>
    const { permit, sight } = await readAccess(request, PATH, 'weir-usage', options)
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'sessions answered from a store that is behind') })
    const mirrored = mirror.mirrored()
    const read = async (): Promise<readonly SessionRow[]> => owner === undefined || sight.actor === undefined || sight.actor === owner
      ? await sessionList(store, { actor: owner ?? sight.actor, app: sight.app, environment: sight.env, limit })
      : await observedRows(request, { owner, limit }, options)
    const rows = await settled(journal, permit, read, ({ length }) => ({ rows: length }))
    return { currency: CURRENCY, mirrored, sessions: rows.map((row) => shown(row, options)) }
  })
}

// Of whom there is nothing to see, and whom the caller may not observe: the same empty list.
async function observedRows (request: FastifyRequest, { owner, limit }: { readonly owner: string, readonly limit: number }, { observing, contextOf, journal, store }: SessionRoutesOptions): Promise<readonly SessionRow[]> {
  const context = contextOf(request, {})
  const [first, ...more] = observing.sessions(PATH, context, owner)
  if (first === undefined) return []
  const permit = await observing.permit(PATH, { ...context, session: first.context.session }, first.context.actor)
  const ids = [first, ...more].map(({ id }) => id)
  const rows = await settled(journal, permit, () => sessionList(store, { actor: owner, app: context.app, environment: context.environment, limit: MOST }), ({ length }) => ({ rows: length }))
  return rows.filter(({ session }) => ids.includes(session)).slice(0, limit)
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
