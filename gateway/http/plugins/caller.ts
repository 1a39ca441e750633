import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { GatewayError } from '../../core/errors.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'

declare module 'fastify' {
  interface FastifyRequest { caller: Caller | null }
  interface FastifyContextConfig { open?: boolean }
}

export interface CallerOptions { readonly authenticator: Authenticator }

/** Authenticates every request but those of routes marked `config: { open: true }`. */
const callerPlugin: FastifyPluginAsync<CallerOptions> = async (app, options) => {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open === true) return
    request.caller = options.authenticator.authenticate(request.headers.authorization)
  })
}

/** The verified caller. @throws GatewayError WEIR_ERR_AUTH_MISSING: only a route marked open can get here without one */
export function callerOf (request: FastifyRequest): Caller {
  if (request.caller === null) throw new GatewayError('WEIR_ERR_AUTH_MISSING')
  return request.caller
}

// Encapsulation is broken on purpose (what fastify-plugin does): every route of the app must see this hook.
export default Object.assign(callerPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-caller' })
