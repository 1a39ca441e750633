import type { ServerResponse } from 'node:http'
import type { Context } from '../../core/actor.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { DirectCaller, DirectRoutes, ServeDirect } from '../../http/direct-routes.ts'
import { sendError } from '../../http/forward/raw-answer.ts'
import { isCounted, type RefusedConnections } from '../../http/refused-connections.ts'
import type { ModelPlane } from './model-plane.ts'
import { modelCredential } from './model-credential.ts'
import type { ModelDoor } from './model-ports.ts'
import { modelRoute } from './model-route.ts'

const PREFIX = '/weir/model/'

export interface ModelRoutesOptions {
  readonly plane: ModelPlane
  /** The caller's context. @throws GatewayError when the caller has no valid scope */
  readonly contextOf: (asked: DirectCaller) => Context
  /** Counts what was refused with nothing decided. */
  readonly refused: Pick<RefusedConnections, 'undecided'>
}

/** The model plane on the public listener, for clients with a token of their own. */
export function modelRoutes ({ plane, contextOf, refused }: ModelRoutesOptions): DirectRoutes {
  const serve: ServeDirect = (request, response, asked) => {
    const { socket } = request
    const onUndecided = (error: GatewayError): void => {
      if (!isCounted(socket, error)) refused.undecided(socket.remoteAddress, error)
    }
    const door = doorOf(asked, onUndecided)
    if (door instanceof Error) return refuse(response, door, onUndecided)
    const route = modelRoute(request.method, request.url)
    if (route === null) return refuse(response, new GatewayError('WEIR_ERR_ROUTE_UNKNOWN'), onUndecided)
    if (route.action === 'models') return plane.models(response, route, door)
    return plane.complete(request, response, route, door)
  }
  return { plane: 'model', credential: modelCredential, find: ({ url }) => url?.startsWith(PREFIX) === true ? serve : null }

  function doorOf (asked: DirectCaller, onUndecided: OnUndecided): ModelDoor | GatewayError {
    try {
      const { actor, app, environment, session, token } = contextOf(asked)
      const { id } = asked
      // By name: see `createToolGate`.
      const context: Context = token === undefined
        ? { plane: 'model', actor, app, environment, session, request: id }
        : { plane: 'model', actor, app, environment, session, request: id, token }
      return { session: null, context: Object.freeze(context), onUndecided }
    } catch (thrown) {
      return asGatewayError(thrown)
    }
  }
}

type OnUndecided = NonNullable<ModelDoor['onUndecided']>

function refuse (response: ServerResponse, error: GatewayError, onUndecided: OnUndecided): void {
  onUndecided(error)
  sendError(response, error)
}
