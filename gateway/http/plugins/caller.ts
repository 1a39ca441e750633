import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { GatewayError } from '../../core/errors.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'

declare module 'fastify' {
  interface FastifyRequest { caller: Caller | null }
  interface FastifyContextConfig { open?: boolean, credential?: (headers: IncomingHttpHeaders) => string | undefined }
}

export interface CallerOptions { readonly authenticator: Authenticator }

/** Authenticates every request but those of routes marked `config: { open: true }`. */
const callerPlugin: FastifyPluginAsync<CallerOptions> = async (app, options) => {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open === true) return
    refuseForeignPage(request)
    const { credential } = request.routeOptions.config
    const caller = options.authenticator.authenticate(credential === undefined ? request.headers.authorization : credential(request.headers))
    // Known callers are the usual case: they cost no turn of the event loop.
    request.caller = caller instanceof Promise ? await caller : caller
  })
}

/**
 * A browser sends a Basic credential it remembers with whatever a page of another site asks for (cross-site request
 * forgery). Programs send no Origin, and our own pages send ours.
 *
 * @throws GatewayError WEIR_ERR_AUTH_SCOPE
 */
function refuseForeignPage ({ method, headers }: FastifyRequest): void {
  const { origin, host } = headers
  if (method === 'GET' || origin === undefined || !/^basic /i.test(headers.authorization ?? '')) return
  const isOwn = URL.canParse(origin) && new URL(origin).host === host
  if (!isOwn) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This credential may not be used from a page of another site.')
}

/** The verified caller. @throws GatewayError WEIR_ERR_AUTH_MISSING: only a route marked open can get here without one */
export function callerOf (request: FastifyRequest): Caller {
  if (request.caller === null) throw new GatewayError('WEIR_ERR_AUTH_MISSING')
  return request.caller
}

// Encapsulation is broken on purpose (what fastify-plugin does): every route of the app must see this hook.
export default Object.assign(callerPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-caller' })
