import { setMaxListeners } from 'node:events'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { createMatchRoute } from '../../../adapters/opencode/match-route.ts'
import { GatewayError } from '../../core/errors.ts'
import type { DirectRoutes, ServeDirect } from '../../http/direct-routes.ts'
import { createAgentLinks } from './agent-links.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import type { Serving } from './sending.ts'
import { serveRequest } from './serve-request.ts'
import { serveTerminals } from './serve-terminals.ts'
import { serveWeb } from './serve-web.ts'
import { createTerminals } from './terminals.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The API of the OpenCode server, governed. */
export interface ClientPlane {
  /** The routes of the table: exactly these, in exactly this spelling. */
  readonly direct: DirectRoutes
  /** The web interface, terminals, and 404 for every path that nothing else took, so it is registered last: none of these reaches the agent. */
  readonly plugin: FastifyPluginAsync
}

export function createClientPlane (options: ClientPlaneOptions): ClientPlane {
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // one for each session's feeds and each stream of a client's own: many is no leak
  const serving: Serving = {
    ...options,
    match: createMatchRoute(),
    stopping: stopping.signal,
    terminals: createTerminals({ recordings: options.recordings, stopping: stopping.signal }),
    linkOf: createAgentLinks((cause) => options.log.warn({ err: cause }, 'connections to an agent could not be closed')),
  }
  return {
    direct: { plane: 'client', credential: ({ authorization }) => authorization, find: ({ method, url }) => serverOf(method, url, serving) },
    async plugin (app) {
      app.addHook('preClose', async () => { stopping.abort() })
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: options.limits.bodyBytes }, (_request, body, done) => done(null, body))
      app.get('/.well-known/opencode', { config: { open: true } }, async () => options.wellKnown())
      if (options.web !== undefined) serveWeb(app, serving, options.web)
      app.route({ method: METHODS, url: '/*', bodyLimit: options.limits.bodyBytes, handler: (request) => refuseUnknown(request, options) })
      serveTerminals(app, serving)
    },
  }
}

function refuseUnknown ({ socket }: FastifyRequest, { refused }: ClientPlaneOptions): never {
  const unknown = new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  refused.undecided(socket.remoteAddress, unknown)
  throw unknown
}

function serverOf (method = '', url = '', serving: Serving): ServeDirect | null {
  const at = url.indexOf('?')
  const matched = serving.match(method, at < 0 ? url : url.slice(0, at))
  if (matched === null) return null
  const query = at < 0 ? '' : url.slice(at + 1)
  return (request, response, { caller, id }) => serveRequest({ id, caller, matched, query, request, response }, serving)
}
