import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import { Type } from '../../core/schema-type.ts'
import type { Hooks } from '../../hooks/hooks.ts'
import { settled } from './audit-access.ts'
import { demandWhole, type WholeGatewayOptions } from './whole-gateway.ts'

const PATH = '/weir/api/v1/hooks'
const closed = { additionalProperties: false }
const Params = Type.Object({ name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }) }, closed)
/** No body: all of them. */
const Again = Type.Union([Type.Object({ ids: Type.Array(Type.String({ pattern: '^evt_[0-9a-f]{32}$' }), { minItems: 1, maxItems: 1_000 }) }, closed), Type.Null()])

export interface HookRoutesOptions extends WholeGatewayOptions {
  /** Null when none are configured. */
  readonly hooks: Hooks | null
}

/**
 * `GET /weir/api/v1/hooks`, `GET /hooks/:name/dead`, `POST /hooks/:name/test` and `/hooks/:name/retry`, for roles with routes of class
 * `weir-hooks`. Addresses are shown without their path, and nothing of what a receiver answers but its status.
 */
export const hookRoutes: FastifyPluginAsync<HookRoutesOptions> = async (app, options) => {
  const { ledger, hooks } = options
  const demandRoute = async (request: FastifyRequest, method: string, path: string): Promise<Permit> => (await demandWhole(request, { method, path, class: 'weir-hooks', what: 'Hooks' }, options)).permit

  app.get(PATH, async (request) => {
    const permit = await demandRoute(request, 'GET', PATH)
    return await settled(ledger, permit, async () => ({ hooks: hooks?.list() ?? [] }), ({ hooks: { length } }) => ({ hooks: length }))
  })

  app.get(`${PATH}/:name/dead`, { schema: { params: Params } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const permit = await demandRoute(request, 'GET', `${PATH}/:name/dead`)
    return await settled(ledger, permit, async () => ({ dead: demand(hooks).dead(name) }), ({ dead }) => ({ hook: name, dead: dead.length }))
  })

  app.post(`${PATH}/:name/test`, { schema: { params: Params } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const permit = await demandRoute(request, 'POST', `${PATH}/:name/test`)
    return await settled(ledger, permit, async () => await demand(hooks).test(name), ({ kind, status }) => ({ hook: name, result: kind, status }))
  })

  app.post(`${PATH}/:name/retry`, { schema: { params: Params, body: Again } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const ids = (request.body as Static<typeof Again> | null)?.ids ?? null
    const permit = await demandRoute(request, 'POST', `${PATH}/:name/retry`)
    return await settled(ledger, permit, async () => await demand(hooks).retry(name, ids === null ? null : new Set(ids)), ({ delivered, failed }) => ({ hook: name, delivered, failed }))
  })
}

function demand (hooks: Hooks | null): Hooks {
  if (hooks === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such hook.')
  return hooks
}
