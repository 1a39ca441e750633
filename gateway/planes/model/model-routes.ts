import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Context } from '../../core/actor.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import { sendError } from '../../http/forward/raw-answer.ts'
import type { ModelPlane } from './model-plane.ts'
import { modelCredential } from './model-credential.ts'
import type { ModelDoor } from './model-ports.ts'
import { modelRoute } from './model-route.ts'

export interface ModelRoutesOptions {
  readonly plane: ModelPlane
  /** The caller's context. @throws GatewayError when the request has no valid caller or scope */
  readonly contextOf: (request: FastifyRequest) => Context
  readonly bodyBytes: number
}

/** The model plane on the public listener, for clients with a token of their own. */
const modelRoutes: FastifyPluginAsync<ModelRoutesOptions> = async (app, { plane, contextOf, bodyBytes }) => {
  // The plane reads the body itself, once and as bytes: parsing it here would cost more than all the rest.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { bodyLimit: bodyBytes }, (_request, _payload, done) => done(null))

  app.route({
    method: ['GET', 'POST'],
    url: '/weir/model/*',
    bodyLimit: bodyBytes,
    config: { credential: modelCredential },
    async handler (request, reply) {
      reply.hijack()
      const door = doorOf(request)
      if (door instanceof Error) return sendError(reply.raw, asGatewayError(door))
      const route = modelRoute(request.method, request.raw.url)
      if (route === null) return sendError(reply.raw, new GatewayError('WEIR_ERR_ROUTE_UNKNOWN'))
      if (route.action === 'models') return plane.models(reply.raw, route, door)
      await plane.complete(request.raw, reply.raw, route, door)
    },
  })

  function doorOf (request: FastifyRequest): ModelDoor | Error {
    try {
      const { actor, app, environment, session, token } = contextOf(request)
      const { id } = request
      // By name: see `createToolGate`.
      const context: Context = token === undefined
        ? { plane: 'model', actor, app, environment, session, request: id }
        : { plane: 'model', actor, app, environment, session, request: id, token }
      return { session: null, context: Object.freeze(context) }
    } catch (thrown) {
      return asGatewayError(thrown)
    }
  }
}

export default modelRoutes
