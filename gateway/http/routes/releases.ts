import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { ENVIRONMENTS, type Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import { Type } from '../../core/schema-type.ts'
import type { Wanted } from '../../identity/scope.ts'
import type { Journal } from '../../ledger/journal.ts'
import type { ReleaseKey } from '../../releases/release-key.ts'
import { RELEASE_ID } from '../../releases/release.ts'
import type { Releases, ShownRelease } from '../../releases/releases.ts'
import type { Mirror } from '../../store/mirror.ts'
import { releaseHistory } from '../../store/release-history.ts'
import type { Store } from '../../store/store.ts'
import { settled } from './audit-access.ts'

const PATH = '/weir/api/v1/releases'
const CATCH_UP_MS = 2_000 // as for audit
const USUAL = 100
const MOST = 1_000

const closed = { additionalProperties: false }
const app = Type.String({ minLength: 1, maxLength: 64 })
const env = Type.Enum([...ENVIRONMENTS])
const id = Type.String({ pattern: RELEASE_ID })
const Params = Type.Object({ id }, closed)
const OfApp = Type.Object({ app: Type.Optional(app) }, closed)
const History = Type.Object({ app: Type.Optional(app), env: Type.Optional(env), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })) }, closed)
const Making = Type.Union([Type.Object({ app: Type.Optional(app), env: Type.Optional(env) }, closed), Type.Null()])
const Checking = Type.Object({ name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }) }, closed)
const Promoting = Type.Object({ env }, closed)
const RollingBack = Type.Object({ app: Type.Optional(app), env, release: Type.Optional(id) }, closed)

export interface ReleaseRoutesOptions {
  readonly govern: Govern
  readonly ledger: Journal
  readonly releases: Releases
  readonly key: ReleaseKey
  readonly store: Store
  readonly mirror: Mirror
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * `/weir/api/v1/releases`: to look at them takes a role with routes of class `weir-releases`; to make, check, promote and roll back are
 * questions of kind `release`, each decided and recorded by itself.
 */
export const releaseRoutes: FastifyPluginAsync<ReleaseRoutesOptions> = async (scope, options) => {
  await scope.register(lookingRoutes, options)
  await scope.register(doingRoutes, options)
}

const lookingRoutes: FastifyPluginAsync<ReleaseRoutesOptions> = async (scope, options) => {
  const { releases, ledger, store, mirror, key } = options

  scope.get(PATH, { schema: { querystring: OfApp } }, async (request) => {
    const { context, permit } = await look(request, PATH, request.query as Static<typeof OfApp>, options)
    return await settled(ledger, permit, async () => ({ app: context.app, environments: releases.environments(context.app), releases: releases.list(context.app) }), (found) => ({ releases: found.releases.length }))
  })

  scope.get(`${PATH}/history`, { schema: { querystring: History } }, async (request) => {
    const { env: environment, limit = USUAL, ...query } = request.query as Static<typeof History>
    const { context, permit } = await look(request, `${PATH}/history`, query, options)
    const head = ledger.head().index
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'history answered from a store that is behind') })
    const found = await settled(ledger, permit, async () => await releaseHistory(store, { app: context.app, environment, limit }), ({ length }) => ({ rows: length }))
    return { app: context.app, history: found, head, mirrored: mirror.mirrored() }
  })

  scope.get(`${PATH}/key`, async (request) => {
    const { permit } = await look(request, `${PATH}/key`, {}, options)
    return await settled(ledger, permit, async () => ({ publicKey: key.publicKey.export({ type: 'spki', format: 'pem' }) }), () => ({}))
  })

  scope.get(`${PATH}/:id`, { schema: { params: Params } }, async (request) => {
    const { app: of } = named(request, options)
    const { permit } = await look(request, `${PATH}/:id`, { app: of }, options)
    return await settled(ledger, permit, async () => named(request, options), (found) => ({ release: found.id }))
  })
}

const doingRoutes: FastifyPluginAsync<ReleaseRoutesOptions> = async (scope, options) => {
  const { releases, contextOf } = options

  scope.post(PATH, { schema: { body: Making } }, async (request) => {
    const { app: of, env: environment } = request.body as Static<typeof Making> ?? {}
    const { release, isNew } = await releases.make(contextOf(request, { app: of, environment }))
    return { ...releases.get(release.manifest.id), isNew }
  })

  scope.post(`${PATH}/:id/checks`, { schema: { params: Params, body: Checking } }, async (request) => {
    const { app: of, environment, id: release } = named(request, options)
    return await releases.check(release, (request.body as Static<typeof Checking>).name, contextOf(request, { app: of, environment }))
  })

  scope.post(`${PATH}/:id/promote`, { schema: { params: Params, body: Promoting } }, async (request) => {
    const { app: of, id: release } = named(request, options)
    return await releases.promote(release, contextOf(request, { app: of, environment: (request.body as Static<typeof Promoting>).env }))
  })

  scope.post(`${PATH}/rollback`, { schema: { body: RollingBack } }, async (request) => {
    const { app: of, env: environment, release } = request.body as Static<typeof RollingBack>
    return await releases.rollback(release ?? null, contextOf(request, { app: of, environment }))
  })
}

/** The release that the path names. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN also for one of an app that the token is not for */
function named (request: FastifyRequest, { releases, contextOf }: ReleaseRoutesOptions): ShownRelease {
  const release = releases.get((request.params as Static<typeof Params>).id)
  if (release === null || !isInReach(request, release.app, contextOf)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such release.')
  return release
}

function isInReach (request: FastifyRequest, of: string, contextOf: ReleaseRoutesOptions['contextOf']): boolean {
  try {
    return contextOf(request, { app: of }).app === of
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'WEIR_ERR_AUTH_SCOPE') return false
    throw error
  }
}

/** Asks policy whether the caller may look at an app's releases. @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING, WEIR_ERR_AUTH_SCOPE */
async function look (request: FastifyRequest, path: string, wanted: Wanted, { govern, contextOf }: ReleaseRoutesOptions): Promise<{ readonly context: Context, readonly permit: Permit }> {
  const context = contextOf(request, { app: wanted.app })
  const { decision, permit, entry } = await govern({ kind: 'route', method: 'GET', path, class: 'weir-releases' }, context)
  if (permit === null) throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  return { context, permit }
}
