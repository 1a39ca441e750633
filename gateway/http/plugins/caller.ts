import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { GatewayError } from '../../core/errors.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'
import { assertOwnPage, type AssertKnownHost } from '../own-pages.ts'

declare module 'fastify' {
  interface FastifyRequest { caller: Caller | null }
  interface FastifyContextConfig { open?: boolean, page?: boolean, credential?: (headers: IncomingHttpHeaders) => string | undefined }
}

export interface CallerOptions { readonly authenticator: Authenticator, readonly assertKnownHost: AssertKnownHost }

/**
 * Authenticates every request but those of routes marked `config: { open: true }`. Pages of other sites may link to routes marked
 * `page`, and to nothing else.
 */
const callerPlugin: FastifyPluginAsync<CallerOptions> = async (app, options) => {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open === true) return
    options.assertKnownHost(request.headers.host)
    const { credential, page } = request.routeOptions.config
    assertOwnPage(request.headers, page === true)
    const caller = options.authenticator.authenticate(credential === undefined ? request.headers.authorization : credential(request.headers))
    // Known callers are the usual case: they cost no turn of the event loop.
    request.caller = caller instanceof Promise ? await caller : caller
  })
}

/** The verified caller. @throws GatewayError WEIR_ERR_AUTH_MISSING: only a route marked open can get here without one */
export function callerOf (request: FastifyRequest): Caller {
  if (request.caller === null) throw new GatewayError('WEIR_ERR_AUTH_MISSING')
  return request.caller
}

// Encapsulation is broken on purpose (what fastify-plugin does): every route of the app must see this hook.
export default Object.assign(callerPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-caller' })
