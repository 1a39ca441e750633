import { request as httpRequest, STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { asGatewayError, errorBody, GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { createRequestIds, REQUEST_ID_HEADER } from '../../telemetry/request-id.ts'
import { decideRoute } from './decide-request.ts'
import { knownQuery } from './read-request.ts'
import { agentPath } from './send-request.ts'
import type { Serving } from './serve-request.ts'

const TERMINAL = '/pty/{ptyID}/connect'
const OWN_PREFIX = '/weir/'

interface Upgrade { readonly id: string, readonly request: IncomingMessage, readonly socket: Duplex, readonly head: Buffer }

/** Takes WebSocket upgrades of the agent's terminals. Other paths of the agent's API cannot be upgraded; Weir's own are left alone. */
export function serveTerminals (app: FastifyInstance, serving: Serving): void {
  const newId = createRequestIds()
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const isOwn = request.url?.startsWith(OWN_PREFIX) === true
    if (isOwn && app.server.listenerCount('upgrade') > 1) return
    socket.on('error', () => socket.destroy())
    // Nobody else takes it, and a socket that nobody answers stays open for ever, without a token.
    const id = newId()
    if (isOwn) return refuse({ id, socket }, new GatewayError('WEIR_ERR_ROUTE_UNKNOWN'))
    serveTerminal({ id, request, socket, head }, serving).catch((thrown: unknown) => {
      const error = asGatewayError(thrown)
      app.log.info({ request: id, code: error.code, err: error.cause ?? error }, 'terminal refused')
      refuse({ id, socket }, error)
    })
  }
  app.server.on('upgrade', onUpgrade)
  app.addHook('onClose', async () => { app.server.off('upgrade', onUpgrade) })
}

async function serveTerminal (upgrade: Upgrade, serving: Serving): Promise<void> {
  const { id, request } = upgrade
  const [path = '', ...rest] = (request.url ?? '').split('?')
  const caller = serving.authenticator.authenticate(request.headers.authorization)
  assertSameOrigin(request)
  const scope = serving.scopeFor(caller, request.headers)
  const matched = serving.match(request.method ?? '', path)
  if (matched === null || matched.route.template !== TERMINAL) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'Only WebSocket upgrades are served.')
  const query = knownQuery(rest.join('?'), matched.route.query)
  const permit = await decideRoute(matched.route, { plane: 'client', actor: caller.actor, ...scope, session: null, request: id }, serving)
  const session = await serving.sessions.open(caller, scope)
  await tunnel(upgrade, { session, permit, path: agentPath({ matched, query }, session.endpoint.directory), stopping: serving.stopping })
  serving.ledger.settle(permit, 'done', {})
}

// Browsers send cached Basic credentials along with a WebSocket from any page (RFC 6455, section 10.2).
function assertSameOrigin (request: IncomingMessage): void {
  const { origin, host } = request.headers
  if (origin === undefined) return
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw new GatewayError('WEIR_ERR_DENIED', 'Terminals open from this origin only.', { rule: 'weir.foreign_origin' })
}

interface Target { readonly session: AgentSession, readonly permit: Permit, readonly path: string, readonly stopping: AbortSignal }

/** Joins the client's socket with the agent's. Resolves when both are joined. */
async function tunnel ({ id, request, socket, head }: Upgrade, { session, path, stopping }: Target): Promise<void> {
  const upstream = httpRequest({
    socketPath: session.endpoint.socketPath,
    path,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': request.headers['sec-websocket-key'] ?? '',
      authorization: session.endpoint.authorization,
      'x-opencode-directory': encodeURIComponent(session.endpoint.directory),
    },
  })
  await new Promise<void>((resolve, reject) => {
    upstream.once('error', (cause) => reject(new GatewayError('WEIR_ERR_UPSTREAM', undefined, { cause })))
    upstream.once('response', (response) => {
      response.resume()
      reject(new GatewayError('WEIR_ERR_UPSTREAM', `The sandboxed agent answered ${response.statusCode} to the terminal.`))
    })
    upstream.once('upgrade', (response, agent, agentHead) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${response.headers['sec-websocket-accept'] ?? ''}\r\n${REQUEST_ID_HEADER}: ${id}\r\n\r\n`)
      join(socket, agent, () => session.touch())
      endWith(stopping, socket)
      if (agentHead.length > 0) socket.write(agentHead)
      if (head.length > 0) agent.write(head)
      resolve()
    })
    upstream.end()
  })
}

function join (client: Duplex, agent: Duplex, onData: () => void): void {
  client.pipe(agent).pipe(client)
  client.on('data', onData)
  client.once('close', () => agent.destroy())
  agent.once('close', () => client.destroy())
  agent.on('error', () => client.destroy())
}

// A terminal is open for as long as somebody leaves it open, and would hold up the gateway's stop.
function endWith (stopping: AbortSignal, socket: Duplex): void {
  const end = (): void => { socket.destroy() }
  stopping.addEventListener('abort', end, { once: true })
  socket.once('close', () => stopping.removeEventListener('abort', end))
  if (stopping.aborted) end()
}

function refuse ({ id, socket }: Pick<Upgrade, 'id' | 'socket'>, error: GatewayError): void {
  const body = JSON.stringify(errorBody(error))
  socket.end(`HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode] ?? ''}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n${REQUEST_ID_HEADER}: ${id}\r\n\r\n${body}`)
}
