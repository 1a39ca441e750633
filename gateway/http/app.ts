import { createServer } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import { GatewayError } from '../core/errors.ts'
import { parseStrictJson } from '../decode/strict-json.ts'
import { createRequestIds } from '../telemetry/request-id.ts'
import type { RequestMeter } from '../telemetry/request-meter.ts'
import type { AdmissionPorts } from './admission.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import { inFront, type DirectRoutes } from './direct-routes.ts'
import beginAnswerPlugin from './plugins/begin-answer.ts'
import callerPlugin from './plugins/caller.ts'
import { answerErrors } from './plugins/errors.ts'
import meterPlugin from './plugins/meter.ts'
import { UNREADABLE } from './refused-connections.ts'
import { RequestLog } from './request-log.ts'
import { answerUnreadable, answerUnserved, refuseDoubtful } from './unserved-requests.ts'

const MAX_JSON_DEPTH = 64
const MAX_API_BODY_BYTES = 1_048_576 // Weir's own API; the planes set their own limits
const HEADERS_TIMEOUT_MS = 30_000 // slow-header attacks; answers have no time limit, turns and event streams are long
const KEEP_ALIVE_MS = 72_000 // above the 60 s that load balancers commonly use, so that they close first

/** Admission is for every request that needs a token. */
export interface AppOptions extends AdmissionPorts {
  readonly log: FastifyBaseLogger
  /** Sessions of people with a browser. Default: there are none. */
  readonly browsers?: BrowserSessions | undefined
  /** Whether they can log in here. Default: no. */
  readonly hasLogin?: boolean | undefined
  /** Told of every request that was answered. Default: nobody is. */
  readonly meter?: RequestMeter
  /** Routes that need nothing of the framework; the first that has a request serves it. Default: none. */
  readonly direct?: readonly DirectRoutes[]
  /** Weir's own routes and the planes, in order; the client plane takes what is left and comes last. */
  readonly plugins: readonly FastifyPluginAsync[]
}

/** The HTTP application: authentication, strict JSON, one error form, then the given plugins. Listens nowhere yet. */
export async function buildApp (options: AppOptions): Promise<FastifyInstance> {
  const newId = createRequestIds()
  const told = new WeakSet<Duplex>() // what follows on a connection that ends for it is not another refusal
  const tell = (socket: Duplex): void => {
    if (told.has(socket)) return
    told.add(socket)
    options.refused?.note(socket instanceof Socket ? socket.remoteAddress : undefined, UNREADABLE)
  }
  let isClosing = false
  const app = Fastify({
    serverFactory (framework) {
      const { direct } = options
      const listener = direct === undefined ? framework : inFront(framework, direct, { ...options, newId, isClosing: () => isClosing })
      const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS, requireHostHeader: false }, refuseDoubtful(listener, tell))
      answerUnreadable(server, tell)
      server.maxHeadersCount = 0 // their size bounds them (16 KiB); Node would drop those after the thousandth, and with them what they say
      return server
    },
    loggerInstance: options.log,
    childLoggerFactory: (logger, bindings, loggerOptions) => new RequestLog(logger, bindings, loggerOptions),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }), // decisions are in the ledger; a line per request would double the cost of one
    genReqId: newId,
    requestIdHeader: false, // a client that chose our ids could file its requests under another's
    bodyLimit: MAX_API_BODY_BYTES,
    exposeHeadRoutes: false,
    clientErrorHandler: () => {}, // the framework's own would answer in the middle of another answer
    forceCloseConnections: true, // event streams never end by themselves
    pluginTimeout: 0, // it also holds for the hooks of the end: a drain of more than its ten seconds would be cut, and the gateway end with an error
  })
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  answerErrors(app, options.refused)
  answerUnserved(app.server, tell)
  await app.register(beginAnswerPlugin)
  if (options.meter !== undefined) await app.register(meterPlugin, { meter: options.meter })
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseStrictJson(String(body), { maxDepth: MAX_JSON_DEPTH, maxBytes: MAX_API_BODY_BYTES }))
    } catch (cause) {
      done(new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'The body is not JSON that every parser reads the same way.', { cause }))
    }
  })
  await app.register(callerPlugin, { authenticator: options.authenticator, assertKnownHost: options.assertKnownHost, connections: options.connections, browsers: options.browsers, hasLogin: options.hasLogin })
  for (const plugin of options.plugins) await app.register(plugin)
  return app
}
