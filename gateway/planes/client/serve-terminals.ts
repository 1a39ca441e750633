import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { asGatewayError, errorBody, GatewayError } from '../../core/errors.ts'
import { FOREIGN_ORIGIN } from '../../http/refused-connections.ts'
import { DOUBTFUL, isDoubtful } from '../../http/unserved-requests.ts'
import { createRequestIds, REQUEST_ID_HEADER } from '../../telemetry/request-id.ts'
import { decideRoute } from './decide-request.ts'
import { knownQuery } from './read-request.ts'
import { agentPath } from './send-request.ts'
import { prepared, type Serving } from './sending.ts'
import type { Upgrade } from './terminals.ts'

const TERMINAL = '/pty/{ptyID}/connect'
const OWN_PREFIX = '/weir/'

/** Takes WebSocket upgrades of the agent's terminals. Other paths of the agent's API cannot be upgraded; Weir's own are left alone. */
export function serveTerminals (app: FastifyInstance, serving: Serving): void {
  const newId = createRequestIds()
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const isOwn = request.url?.startsWith(OWN_PREFIX) === true
    if (isOwn && app.server.listenerCount('upgrade') > 1) return
    socket.on('error', () => socket.destroy())
    // Nobody else takes it, and a socket that nobody answers stays open for ever, without a token.
    const id = newId()
    if (isOwn) return refuseOwn({ id, request, socket }, serving)
    serveTerminal({ id, request, socket, head }, serving).catch((thrown: unknown) => {
      const error = asGatewayError(thrown)
      app.log.info({ request: id, code: error.code, err: error.cause ?? error }, 'terminal refused')
      if (error.decision === null) serving.refused.undecided(request.socket.remoteAddress, error)
      refuse({ id, socket }, error)
    })
  }
  app.server.on('upgrade', onUpgrade)
  app.addHook('onClose', async () => {
    app.server.off('upgrade', onUpgrade)
    await serving.terminals.closed()
  })
}

async function serveTerminal (upgrade: Upgrade, serving: Serving): Promise<void> {
  const { id, request } = upgrade
  if (isDoubtful(request)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', DOUBTFUL)
  const [path = '', ...rest] = (request.url ?? '').split('?')
  serving.assertKnownHost(request.headers.host, request.headers.authorization)
  const caller = await serving.authenticator.authenticate(request.headers.authorization)
  assertSameOrigin(request)
  const scope = serving.scopeFor(caller, request.headers)
  const matched = serving.match(request.method ?? '', path)
  if (matched === null || matched.route.template !== TERMINAL) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'Only WebSocket upgrades are served.')
  const query = knownQuery(rest.join('?'), matched.route.query)
  const permit = await decideRoute(matched.route, { plane: 'client', actor: caller.actor, ...scope, session: null, request: id }, serving)
  const recording = await prepared([permit], serving, async () => {
    const session = await serving.sessions.open(caller, scope)
    return await serving.terminals.open(upgrade, {
      session,
      context: { ...session.context, plane: 'client' },
      path: agentPath({ matched, query }, session.endpoint.directory),
      name: matched.params['ptyID'] ?? '',
      isStillValid: () => serving.authenticator.isStillValid(caller),
    })
  })
  serving.ledger.settle(permit, 'done', { recording })
}

// Browsers send cached Basic credentials along with a WebSocket from any page (RFC 6455, section 10.2).
function assertSameOrigin (request: IncomingMessage): void {
  const { origin, host } = request.headers
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw new GatewayError('WEIR_ERR_DENIED', 'Terminals open from this origin only.', { rule: FOREIGN_ORIGIN })
}

function refuseOwn ({ id, request, socket }: Pick<Upgrade, 'id' | 'request' | 'socket'>, { refused }: Serving): void {
  const unknown = new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  refused.undecided(request.socket.remoteAddress, unknown)
  refuse({ id, socket }, unknown)
}

function refuse ({ id, socket }: Pick<Upgrade, 'id' | 'socket'>, error: GatewayError): void {
  const body = JSON.stringify(errorBody(error))
  socket.end(`HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode] ?? ''}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n${REQUEST_ID_HEADER}: ${id}\r\n\r\n${body}`)
}
