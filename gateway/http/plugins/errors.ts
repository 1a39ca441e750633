import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { asGatewayError, errorBody, GatewayError } from '../../core/errors.ts'
import { isCounted, type RefusedConnections } from '../refused-connections.ts'

// Fastify's own refusals, as ours. What is not here and says 4xx is a malformed request; all else is internal.
const FASTIFY_CODES: Readonly<Record<string, GatewayError['code']>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'WEIR_ERR_DECODE_TOO_LARGE',
  FST_ERR_NOT_FOUND: 'WEIR_ERR_ROUTE_UNKNOWN',
}

const CHALLENGE = Object.freeze({ 'www-authenticate': 'Basic realm="Weir", charset="UTF-8"' })
const NO_CHALLENGE: Readonly<Record<string, string>> = Object.freeze({})

/** The headers with which a client is asked for a credential, if this error asks for one. */
export function challenge ({ statusCode }: GatewayError): Readonly<Record<string, string>> {
  return statusCode === 401 ? CHALLENGE : NO_CHALLENGE
}

/** The same for Weir's own routes: a script of the console asks them, and its browser must not ask for a password over the console's page. */
function ownChallenge (error: GatewayError, { headers, routeOptions }: FastifyRequest): Readonly<Record<string, string>> {
  return headers['sec-fetch-dest'] === 'empty' && routeOptions.url?.startsWith('/weir/') === true ? NO_CHALLENGE : challenge(error)
}

/** The only place where the framework's errors become answers: code and message to the client, the cause to the log. */
export function answerErrors (app: FastifyInstance, refused?: Pick<RefusedConnections, 'note' | 'undecided'>): void {
  app.setErrorHandler((thrown: FastifyError | GatewayError, request, reply) => {
    const error = ours(thrown)
    const level = error.statusCode >= 500 ? 'error' : 'info'
    request.log[level]({ code: error.code, err: error.cause ?? error }, 'request refused')
    if (!isCounted(request.socket, error)) refused?.note(request.socket.remoteAddress, error)
    // Again: an error is not kept where the route's answer could have been.
    return reply.header('cache-control', 'no-store').headers(ownChallenge(error, request)).code(error.statusCode).send(errorBody(error))
  })
  app.setNotFoundHandler(({ socket }, reply) => {
    const error = new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
    refused?.undecided(socket.remoteAddress, error)
    return reply.code(error.statusCode).send(errorBody(error))
  })
}

function ours (thrown: FastifyError | GatewayError): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  const known = FASTIFY_CODES[thrown.code]
  if (known !== undefined) return new GatewayError(known, undefined, { cause: thrown })
  if (thrown.validation !== undefined) return new GatewayError('WEIR_ERR_DECODE_MALFORMED', thrown.message, { cause: thrown })
  if (thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500) {
    return new GatewayError('WEIR_ERR_DECODE_MALFORMED', undefined, { cause: thrown })
  }
  return asGatewayError(thrown)
}
