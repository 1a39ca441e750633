import { createHash, timingSafeEqual } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import { sendError } from '../../http/forward/raw-answer.ts'
import { answerUnreadable, answerUnserved, refuseDoubtful } from '../../http/unserved-requests.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { createRequestIds, REQUEST_ID_HEADER } from '../../telemetry/request-id.ts'
import type { RequestMeter } from '../../telemetry/request-meter.ts'
import type { ModelPlane } from './model-plane.ts'
import type { ModelDoor } from './model-ports.ts'
import { modelCredential } from './model-credential.ts'
import { modelRoute } from './model-route.ts'

export interface SessionDoor { close (): Promise<void> }

/** What was refused before anything was asked, of one session's agent or of something beside it that found the socket. */
export interface RefusedAtDoor { readonly code: string, readonly request: string }

export interface DoorWatch {
  /** Counts requests and how long each took. Default: nobody. */
  readonly meter?: RequestMeter
  /** Hears of requests with another token, to no route, too large, or that are none, the first hundred of a session. Default: nobody. */
  readonly onRefused?: (refused: RefusedAtDoor) => void
}

const MAX_TOLD = 100 // what fails a thousand times tells no more, and would fill the ledger
const HEADERS_MS = 10_000
const BODY_MS = 60_000
const KEEP_ALIVE_MS = 120_000 // an agent thinks and works between two requests; a connection closed under it costs a retry

/**
 * Serves the model plane to one session's agent on a Unix socket of mode 0600. Who may ask is settled by the socket;
 * the token keeps out other processes of the same sandbox that find the socket.
 *
 * @throws GatewayError WEIR_ERR_INTERNAL when the socket cannot be made
 */
export async function serveSessionModel (plane: ModelPlane, session: AgentSession, socketPath: string, { meter, onRefused }: DoorWatch = {}): Promise<SessionDoor> {
  const newId = createRequestIds()
  const expected = digest(`Bearer ${session.modelToken}`)
  let told = 0
  const unreadable = new WeakSet<Duplex>() // what follows on a connection that ends for it is not another refusal
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: BODY_MS, keepAliveTimeout: KEEP_ALIVE_MS, requireHostHeader: false }, refuseDoubtful((request, response) => {
    serve(request, response).catch((thrown: unknown) => sendError(response, asGatewayError(thrown)))
  }, tellUnreadable))
  server.maxHeadersCount = 0 // their size bounds them; of a header that is dropped nobody knows that it came twice
  function tell (code: string, request: string): void {
    if (told < MAX_TOLD) onRefused?.({ code, request })
    told += 1
  }
  function refuse (response: ServerResponse, error: GatewayError, request: string): void {
    tell(error.code, request)
    sendError(response, error)
  }
  function tellUnreadable (socket: Duplex): void {
    if (unreadable.has(socket)) return
    unreadable.add(socket)
    tell('WEIR_ERR_DECODE_MALFORMED', newId())
  }
  answerUnserved(server, tellUnreadable)
  answerUnreadable(server, tellUnreadable)
  async function serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = newId()
    response.setHeader(REQUEST_ID_HEADER, id)
    if (meter !== undefined) metered(response, meter)
    if (!timingSafeEqual(digest(modelCredential(request.headers) ?? ''), expected)) return refuse(response, new GatewayError('WEIR_ERR_AUTH_INVALID'), id)
    const route = modelRoute(request.method, request.url)
    if (route === null) return refuse(response, new GatewayError('WEIR_ERR_ROUTE_UNKNOWN'), id)
    session.touch()
    const { actor, app, environment, session: ref } = session.context
    const door: ModelDoor = { session, context: { plane: 'model', actor, app, environment, session: ref, request: id }, onUndecided: ({ code }) => tell(code, id) }
    if (route.action === 'models') return plane.models(response, route, door)
    // Every request carries the results of the calls before it: what these changed and policy denies goes before the next ones come.
    const review = session.reviewCalls()
    if (review !== null) await review
    await plane.complete(request, response, route, door)
  }
  await listen(server, socketPath)
  return { close: () => close(server) }
}

function metered (response: ServerResponse, meter: RequestMeter): void {
  const startedMs = performance.now()
  response.once('finish', () => meter('model', response.statusCode, performance.now() - startedMs))
}

async function listen (server: Server, socketPath: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(socketPath, resolve)
    })
    await chmod(socketPath, 0o600)
  } catch (cause) {
    server.close()
    throw new GatewayError('WEIR_ERR_INTERNAL', 'The session\'s model socket could not be made.', { cause })
  }
}

function close (server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

// Digests have one length, which timingSafeEqual needs and which tells nothing of the token's.
function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
