import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../core/errors.ts'
import type { AssertKnownHost } from '../http/own-pages.ts'
import { readConsole, type Asset, type ConsoleAssets } from './console-assets.ts'

export const CONSOLE_PATH = '/weir/console'

// What the console shows was written by models, agents and strangers. Nothing but its own files runs in it, no text becomes markup (trusted
// types without a policy), and no other page holds it in a frame.
const CONTENT_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join('; ')

const GUARDS = Object.freeze({
  'content-security-policy': CONTENT_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
})

export interface ConsoleOptions {
  readonly assertKnownHost: AssertKnownHost
}

/**
 * `GET /weir/console` and what is below it: the page of the web console and its files. They hold nothing of anybody, so they need no
 * session; what the page shows it asks of Weir's API, as whoever is signed in.
 */
export const consoleRoutes: FastifyPluginAsync<ConsoleOptions> = async (app, { assertKnownHost }) => {
  // Read when somebody opens the console, so that no start pays for it.
  let assets: ConsoleAssets | null = null
  const built = (): ConsoleAssets => (assets ??= readConsole())

  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    assertKnownHost(request.headers.host, undefined)
    return send(request, reply.header('cache-control', 'no-cache'), built().page)
  }

  app.get(CONSOLE_PATH, { config: { open: true } }, page)
  // Every view has an address of its own, which the page reads.
  app.get(`${CONSOLE_PATH}/*`, { config: { open: true } }, page)
  // Their names change with their content.
  app.get(`${CONSOLE_PATH}/assets/:name`, { config: { open: true } }, async (request, reply) => {
    const file = built().files.get((request.params as { readonly name: string }).name)
    if (file === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'The console has no such file.')
    return send(request, reply.header('cache-control', 'public, max-age=31536000, immutable'), file)
  })
}

function send ({ headers }: FastifyRequest, reply: FastifyReply, { type, bytes, gzip }: Asset): FastifyReply {
  reply.headers(GUARDS).header('vary', 'accept-encoding').type(type)
  const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  return takesGzip ? reply.header('content-encoding', 'gzip').send(gzip) : reply.send(bytes)
}
