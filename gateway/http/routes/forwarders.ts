import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import { Type } from '../../core/schema-type.ts'
import type { Forwarders } from '../../forward/forwarders.ts'
import { settled } from './audit-access.ts'
import { demandWhole, type WholeGatewayOptions } from './whole-gateway.ts'

const PATH = '/weir/api/v1/forwarders'
const closed = { additionalProperties: false }
const Params = Type.Object({ name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }) }, closed)

/** No body: as many of the dead letters as one answer can be about. */
const Again = Type.Union([Type.Object({ most: Type.Integer({ minimum: 1, maximum: 100_000 }) }, closed), Type.Null()])

export interface ForwarderRoutesOptions extends WholeGatewayOptions {
  /** Null when none are configured. */
  readonly forwarders: Forwarders | null
}

/**
 * `GET /weir/api/v1/forwarders` and `POST /forwarders/:name/resend`, for roles with routes of class `weir-hooks`: both tell other systems
 * what happens. No address is shown.
 */
export const forwarderRoutes: FastifyPluginAsync<ForwarderRoutesOptions> = async (app, options) => {
  const { ledger, forwarders } = options
  const demand = async (request: FastifyRequest, method: string, path: string): Promise<Permit> => (await demandWhole(request, { method, path, class: 'weir-hooks', what: 'Forwarders' }, options)).permit

  app.get(PATH, async (request) => {
    const permit = await demand(request, 'GET', PATH)
    return await settled(ledger, permit, async () => ({ forwarders: forwarders?.list() ?? [] }), (found) => ({ forwarders: found.forwarders.length }))
  })

  app.post(`${PATH}/:name/resend`, { schema: { params: Params, body: Again } }, async (request) => {
    const { name } = request.params as Static<typeof Params>
    const permit = await demand(request, 'POST', `${PATH}/:name/resend`)
    return await settled(ledger, permit, async () => {
      if (forwarders === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such forwarder.')
      return await forwarders.resend(name, (request.body as Static<typeof Again> | null)?.most ?? Infinity)
    }, ({ delivered, failed }) => ({ forwarder: name, delivered, failed }))
  })
}
