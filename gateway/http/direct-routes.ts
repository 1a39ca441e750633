import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { asGatewayError } from '../core/errors.ts'
import type { Caller } from '../identity/caller.ts'
import type { HttpPlane, RequestMeter } from '../telemetry/request-meter.ts'
import { admit, assertOwnDoor, type AdmissionPorts } from './admission.ts'
import { beginAnswer } from './begin-answer.ts'
import { sendError } from './forward/raw-answer.ts'
import { challenge } from './plugins/errors.ts'
import { isCounted } from './refused-connections.ts'

/** A verified caller and the id of the request. */
export interface DirectCaller { readonly caller: Caller, readonly id: string }

/** Answers a request by itself. What it throws, or rejects with, is answered as an error, or cuts what has begun. */
export type ServeDirect = (request: IncomingMessage, response: ServerResponse, asked: DirectCaller) => Promise<void> | void

/** Routes that read their requests and write their answers themselves. Every one of them needs a token. */
export interface DirectRoutes {
  readonly plane: HttpPlane
  /** What serves this request, by its method and its target as written; null when it is none of theirs. */
  find (request: IncomingMessage): ServeDirect | null
  /** The caller's token as an Authorization header. @throws GatewayError */
  readonly credential: (headers: IncomingHttpHeaders) => string | undefined
}

export interface DirectPorts extends AdmissionPorts {
  readonly log: Pick<FastifyBaseLogger, 'info' | 'error'>
  readonly newId: () => string
  /** Told of every request that was answered. Default: nobody is. */
  readonly meter?: RequestMeter
  /** From then on the framework answers, as it does for its own routes: with 503. */
  readonly isClosing: () => boolean
}

/**
 * Serves these routes in front of the framework, with the checks of its own routes in the same order. What the framework makes for a
 * request (a look-up, two objects, a logger, hooks, the scope of a body parser) took a tenth of a model request, and none of it was used.
 */
export function inFront (framework: RequestListener, all: readonly DirectRoutes[], ports: DirectPorts): RequestListener {
  return (request, response) => {
    if (ports.isClosing()) return framework(request, response)
    for (const routes of all) {
      const serve = routes.find(request)
      if (serve !== null) return answer(request, response, { routes, serve }, ports)
    }
    framework(request, response)
  }
}

interface Found { readonly routes: DirectRoutes, readonly serve: ServeDirect }

function answer (request: IncomingMessage, response: ServerResponse, { routes, serve }: Found, ports: DirectPorts): void {
  const id = ports.newId()
  beginAnswer(response, id)
  count(response, routes, ports)
  try {
    const { headers } = request
    const credential = routes.credential(headers)
    assertOwnDoor({ headers, credential, isPage: false }, ports)
    const caller = admit(credential, response, ports)
    const served = caller instanceof Promise
      ? caller.then((known) => serve(request, response, { caller: known, id }))
      : serve(request, response, { caller, id })
    if (served instanceof Promise) served.catch((thrown: unknown) => refuse(response, thrown, id, ports))
  } catch (thrown) {
    refuse(response, thrown, id, ports)
  }
}

function count (response: ServerResponse, { plane }: DirectRoutes, { meter }: DirectPorts): void {
  if (meter === undefined) return
  const startedMs = performance.now()
  response.once('finish', () => meter(plane, response.statusCode, performance.now() - startedMs))
}

function refuse (response: ServerResponse, thrown: unknown, id: string, { log, refused }: DirectPorts): void {
  const error = asGatewayError(thrown)
  log[error.statusCode >= 500 ? 'error' : 'info']({ request: id, code: error.code, err: error.cause ?? error }, 'request refused')
  const { socket } = response.req
  if (!isCounted(socket, error)) refused?.note(socket.remoteAddress, error)
  if (!response.headersSent) for (const [name, value] of Object.entries(challenge(error))) response.setHeader(name, value)
  sendError(response, error)
}
