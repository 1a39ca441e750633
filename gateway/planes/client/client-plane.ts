import type { FastifyPluginAsync } from 'fastify'
import { createMatchRoute } from '../../../adapters/opencode/match-route.ts'
import { createAgentLinks } from './agent-links.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import { serveRequest, type Serving } from './serve-request.ts'
import { serveTerminals } from './serve-terminals.ts'
import { serveWeb } from './serve-web.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * The API of the OpenCode server, governed. Takes every path that nothing else took, so it is registered last; what is
 * not exactly a route of the table is answered with 404 here and never reaches the agent.
 */
export const clientPlane: FastifyPluginAsync<ClientPlaneOptions> = async (app, options) => {
  const stopping = new AbortController()
  app.addHook('preClose', async () => { stopping.abort() })
  const serving: Serving = {
    ...options,
    match: createMatchRoute(),
    stopping: stopping.signal,
    linkOf: createAgentLinks((cause) => app.log.warn({ err: cause }, 'connections to an agent could not be closed')),
  }
  // Bodies are taken as bytes whatever they claim to be, and read by the strict parser only.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: options.limits.bodyBytes }, (_request, body, done) => done(null, body))
  app.get('/.well-known/opencode', { config: { open: true } }, async () => options.wellKnown())
  if (options.web !== undefined) serveWeb(app, serving, options.web)
  app.route({ method: METHODS, url: '/*', bodyLimit: options.limits.bodyBytes, handler: (request, reply) => serveRequest(request, reply, serving) })
  serveTerminals(app, serving)
}
