import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { Hooks } from '../../hooks/hooks.ts'
import type { Wanted } from '../../identity/scope.ts'
import { callerOf } from '../plugins/caller.ts'
import { settled } from './audit-access.ts'

const PATH = '/weir/api/v1/hooks'
const closed = { additionalProperties: false }
const Params = Type.Object({ name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }) }, closed)
/** No body: all of them. */
const Again = Type.Union([Type.Object({ ids: Type.Array(Type.String({ pattern: '^evt_[0-9a-f]{32}$' }), { minItems: 1, maxItems: 1_000 }) }, closed), Type.Null()])

export interface HookRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger
  /** Null when none are configured. */
  readonly hooks: Hooks | null
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * `GET /weir/api/v1/hooks`, `GET /hooks/:name/dead`, `POST /hooks/:name/test` and `/hooks/:name/retry`, for roles with routes of class
 * `weir-hooks`. Addresses are shown without their path, and nothing of what a receiver answers but its status.
 */
export const hookRoutes: FastifyPluginAsync<HookRoutesOptions> = async (app, options) => {
  const { ledger, hooks } = options

  app.get(PATH, async (request) => {
    const permit = await demandRoute(request, 'GET', PATH, options)
    return await settled(ledger, permit, async () => ({ hooks: hooks?.list() ?? [] }), ({ hooks: { length } }) => ({ hooks: length }))
  })

  app.get(`${PATH}/:name/dead`, { schema: { params: Params } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const permit = await demandRoute(request, 'GET', `${PATH}/:name/dead`, options)
    return await settled(ledger, permit, async () => ({ dead: demand(hooks).dead(name) }), ({ dead }) => ({ hook: name, dead: dead.length }))
  })

  app.post(`${PATH}/:name/test`, { schema: { params: Params } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const permit = await demandRoute(request, 'POST', `${PATH}/:name/test`, options)
    return await settled(ledger, permit, async () => await demand(hooks).test(name), ({ kind, status }) => ({ hook: name, result: kind, status }))
  })

  app.post(`${PATH}/:name/retry`, { schema: { params: Params, body: Again } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const ids = (request.body as Static<typeof Again> | null)?.ids ?? null
    const permit = await demandRoute(request, 'POST', `${PATH}/:name/retry`, options)
    return await settled(ledger, permit, async () => await demand(hooks).retry(name, ids === null ? null : new Set(ids)), ({ delivered, failed }) => ({ hook: name, delivered, failed }))
  })
}

function demand (hooks: Hooks | null): Hooks {
  if (hooks === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such hook.')
  return hooks
}

async function demandRoute (request: FastifyRequest, method: string, path: string, { govern, contextOf, ledger }: HookRoutesOptions): Promise<Permit> {
  const { decision, permit, entry } = await govern({ kind: 'route', method, path, class: 'weir-hooks' }, contextOf(request, {}))
  if (permit === null) throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  // Hooks tell of every app: who may speak for one of them only has no hooks to look at.
  const caller = callerOf(request)
  const isWhole = (decision.obligations['own_only'] ?? false) === false && caller.app === null && caller.environment === null
  if (isWhole) return permit
  ledger.settle(permit, 'failed', {})
  throw new GatewayError('WEIR_ERR_DENIED', 'Hooks are of the whole gateway: this needs a role for all of it, and a token that is not for one app or environment.', { rule: decision.rule, decision: entry })
}
