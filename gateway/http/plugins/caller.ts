import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { GatewayError } from '../../core/errors.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'
import { admit, assertOwnDoor, type AdmissionPorts } from '../admission.ts'
import type { BrowserSessions } from '../browser-sessions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
    /** Whose browser session a form page was asked for with. Its writes are theirs only after `proveForm`. */
    signedIn: Caller | null
  }
  interface FastifyContextConfig { open?: boolean, page?: boolean, form?: boolean }
}

const READS: readonly string[] = ['GET', 'HEAD']
const OWN_API = /^\/weir\/(api|auth)\//

export interface CallerOptions extends AdmissionPorts {
  /** People with a browser, on Weir's own API and forms alone: the planes carry what agents and models wrote. Default: there are none. */
  readonly browsers?: Pick<BrowserSessions, 'tokenOf' | 'assertWanted'> | undefined
  /** Whether forms lead whoever is not signed in to a login. Default: they ask for a credential, as everything else does. */
  readonly hasLogin?: boolean | undefined
}

/**
 * Authenticates every request but those of routes marked `config: { open: true }`. Pages of other sites may link to routes marked
 * `page`, and to nothing else. Routes marked `form` are pages for people: where there are browser sessions, whoever has none gets there with
 * `caller` null, and a write with one does too until its form has shown that it is the page's own (`proveForm`).
 */
const callerPlugin: FastifyPluginAsync<CallerOptions> = async (app, options) => {
  app.decorateRequest('caller', null)
  app.decorateRequest('signedIn', null)
  app.addHook('onRequest', async (request, reply) => {
    const { open, page, form } = request.routeOptions.config
    if (open === true) return
    const { headers } = request
    assertOwnDoor({ headers, credential: headers.authorization, isPage: page === true }, options)
    if (form === true && options.hasLogin === true && options.browsers !== undefined && headers.authorization === undefined) {
      request.signedIn = await signedIn(request, options.browsers, options.authenticator)
      if (request.signedIn !== null) options.connections?.serve(reply.raw, request.signedIn)
      if (READS.includes(request.method)) request.caller = request.signedIn
      return
    }
    const cookie = cookieOf(request, options)
    if (cookie !== null) {
      request.caller = await options.authenticator.authenticate(`Bearer ${cookie}`)
      options.browsers?.assertWanted(request, request.caller)
      options.connections?.serve(reply.raw, request.caller)
      return
    }
    const caller = admit(headers.authorization, reply.raw, options)
    request.caller = caller instanceof Promise ? await caller : caller
  })
}

// By the route that was found, not by the path as it was sent. Who sends a credential is judged by that alone.
function cookieOf (request: FastifyRequest, { browsers }: CallerOptions): string | null {
  if (browsers === undefined || request.headers.cookie === undefined || request.headers.authorization !== undefined) return null
  return OWN_API.test(request.routeOptions.url ?? '') ? browsers.tokenOf(request) : null
}

// No session, one that is over, and a link on another site's page, which does not act for its reader: the page says how to go on.
async function signedIn (request: FastifyRequest, browsers: Pick<BrowserSessions, 'tokenOf'>, authenticator: Authenticator): Promise<Caller | null> {
  if (READS.includes(request.method) && isFromElsewhere(request)) return null
  const token = browsers.tokenOf(request)
  try {
    return token === null ? null : await authenticator.authenticate(`Bearer ${token}`)
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.statusCode === 401) return null
    throw thrown
  }
}

/** Whether a page of another origin led here. Then a browser may keep the cookie of a session to itself. */
export function isFromElsewhere ({ headers }: FastifyRequest): boolean {
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']))
}

/**
 * Makes who is signed in the caller of a write, if the form was the page's own. Who came with a credential is the caller already.
 *
 * @param csrf what the page had in its form
 * @throws GatewayError WEIR_ERR_AUTH_SCOPE
 */
export function proveForm (request: FastifyRequest, csrf: string | undefined, browsers: Pick<BrowserSessions, 'assertField'> | undefined): void {
  if (request.caller !== null || request.signedIn === null) return
  if (browsers === undefined) throw new GatewayError('WEIR_ERR_INTERNAL', 'A session without browser sessions.')
  browsers.assertField(csrf, request.signedIn)
  request.caller = request.signedIn
}

/** The verified caller. @throws GatewayError WEIR_ERR_AUTH_MISSING: only a route marked open can get here without one */
export function callerOf (request: FastifyRequest): Caller {
  if (request.caller === null) throw new GatewayError('WEIR_ERR_AUTH_MISSING')
  return request.caller
}

// Encapsulation is broken on purpose (what fastify-plugin does): every route of the app must see this hook.
export default Object.assign(callerPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'weir-caller' })
