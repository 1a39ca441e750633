import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Approval } from '../../approvals/approval.ts'
import type { Approvals } from '../../approvals/approvals.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import type { Journal } from '../../ledger/journal.ts'
import { creditsText, CURRENCY, dollarsText } from '../../ledger/usage-text.ts'
import { chargeFor, type CreditRates } from '../../sessions/credits.ts'
import type { Observing } from '../../sessions/observing.ts'
import type { AgentSession, Sessions } from '../../sessions/session.ts'
import type { Mirror } from '../../store/mirror.ts'
import { sessionList, type SessionRow } from '../../store/session-list.ts'
import type { Store } from '../../store/store.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'

const PATH = '/weir/api/v1/sessions'
const CATCH_UP_MS = 2_000 // as for audit
const USUAL = 100
const MOST = 1_000
const STOPPED = 'stopped-by-request'

const Params = Type.Object({ id: Type.String({ pattern: '^wses_[0-9A-Za-z]{1,64}$' }) }, { additionalProperties: false })

const Query = Type.Object({
  owner: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })),
}, { additionalProperties: false })

export interface SessionRoutesOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
  readonly sessions: Pick<Sessions, 'byId'>
  readonly approvals: Pick<Approvals, 'list'>
  readonly credits: CreditRates
  readonly observing: Observing
}

/**
 * `GET /weir/api/v1/sessions`: running and recent sessions, newest first: one's own, or all where policy shows all usage. With `?owner=ACTOR` that one's: running ones that the caller may observe.
 * `POST /weir/api/v1/sessions/:id/stop` ends a running one, for roles with routes of class `weir-sessions`; what the agent changed is brought in as at any end.
 */
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
    const waiting = waitingBySession(options.approvals.list())
    return { currency: CURRENCY, mirrored, sessions: rows.map((row) => shown(row, { ...options, waiting })) }
  })

  app.post(`${PATH}/:id/stop`, { schema: { params: Params } }, async (request) => {
    const { id } = request.params as Static<typeof Params>
    const { session, context } = stoppable(request, id, options)
    const { decision, permit, entry } = await options.govern({ kind: 'route', method: 'POST', path: `${PATH}/:id/stop`, class: 'weir-sessions' }, context)
    if (permit === null) throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
    return await settled(journal, permit, async () => {
      // Only a plain "no limit" lifts it, as for audit.
      if ((decision.obligations['own_only'] ?? false) !== false && session.context.actor.id !== context.actor.id) throw noSuchSession()
      await session.stop(STOPPED)
      return { session: id, state: 'stopped', reason: STOPPED }
    }, () => ({ reason: STOPPED }))
  })
}

/**
 * The running session and the question about it, which is asked where the session is, and recorded with it.
 *
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN also for one of another organisation, and of an app or environment that the token is not for
 */
function stoppable (request: FastifyRequest, id: string, { sessions, contextOf }: SessionRoutesOptions): { readonly session: AgentSession, readonly context: Context } {
  const session = sessions.byId(id)
  if (session === null) throw noSuchSession()
  const { app, environment, session: ref, actor: { org } } = session.context
  try {
    const context = contextOf(request, { app, environment })
    if (context.actor.org !== org) throw noSuchSession()
    return { session, context: { ...context, session: ref } }
  } catch (error) {
    throw error instanceof GatewayError && error.code === 'WEIR_ERR_AUTH_SCOPE' ? noSuchSession() : error
  }
}

// What the caller may not see and what is not there: which of the two it is, is nobody's business.
function noSuchSession (): GatewayError {
  return new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'No such session is running.')
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

function waitingBySession (approvals: readonly Approval[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { session, state } of approvals) if (session !== null && state === 'waiting') counts.set(session, (counts.get(session) ?? 0) + 1)
  return counts
}

function shown ({ session, startedAtMs, stoppedAtMs, costNanoUsd, ...row }: SessionRow, { sessions, credits, waiting }: Pick<SessionRoutesOptions, 'sessions' | 'credits'> & { readonly waiting: ReadonlyMap<string, number> }): object {
  const running = stoppedAtMs === null ? sessions.byId(session) : null
  const soFarMs = Date.now() - startedAtMs
  const milliCredits = running === null ? row.milliCredits : chargeFor(credits, soFarMs, soFarMs).milliCredits
  return {
    session,
    // One of another gateway, or one that was just killed: neither seen running here nor recorded as stopped.
    // What its agent says that it does; null for one that does not run here.
    agent: running?.activity.state() ?? null,
    waiting: running === null ? 0 : waiting.get(session) ?? 0,
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
