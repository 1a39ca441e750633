import type { Context } from '../../core/actor.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { DirectCaller, DirectRoutes, ServeDirect } from '../../http/direct-routes.ts'
import { sendError } from '../../http/forward/raw-answer.ts'
import type { ModelPlane } from './model-plane.ts'
import { modelCredential } from './model-credential.ts'
import type { ModelDoor } from './model-ports.ts'
import { modelRoute } from './model-route.ts'

const PREFIX = '/weir/model/'

export interface ModelRoutesOptions {
  readonly plane: ModelPlane
  /** The caller's context. @throws GatewayError when the caller has no valid scope */
  readonly contextOf: (asked: DirectCaller) => Context
}

/** The model plane on the public listener, for clients with a token of their own. */
export function modelRoutes ({ plane, contextOf }: ModelRoutesOptions): DirectRoutes {
  const serve: ServeDirect = (request, response, asked) => {
    const door = doorOf(asked)
    if (door instanceof Error) return sendError(response, asGatewayError(door))
    const route = modelRoute(request.method, request.url)
    if (route === null) return sendError(response, new GatewayError('WEIR_ERR_ROUTE_UNKNOWN'))
    if (route.action === 'models') return plane.models(response, route, door)
    return plane.complete(request, response, route, door)
  }
  return { plane: 'model', credential: modelCredential, find: ({ url }) => url?.startsWith(PREFIX) === true ? serve : null }

  function doorOf (asked: DirectCaller): ModelDoor | Error {
    try {
      const { actor, app, environment, session, token } = contextOf(asked)
      const { id } = asked
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
