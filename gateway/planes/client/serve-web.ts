import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { WEB_FILES, WEB_PAGES, WEB_ROUTE, webFileType } from '../../../adapters/opencode/web-interface.ts'
import { GatewayError } from '../../core/errors.ts'
import { callerOf } from '../../http/plugins/caller.ts'
import { decideRoute } from './decide-request.ts'
import type { Serving } from './sending.ts'
import type { WebFile, WebFiles } from './web-files.ts'

const PAGE = '/'
const PAGE_TYPE = 'text/html; charset=utf-8'
const GUARDS = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'referrer-policy': 'no-referrer' } as const
const PAGE_GUARDS = { ...GUARDS, 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store' } as const

/** The agent's web interface: pages that need a token and are decided like any route, and their files. */
export function serveWeb (app: FastifyInstance, serving: Serving, files: WebFiles): void {
  for (const url of WEB_PAGES) app.get(url, { config: { page: true } }, (request, reply) => servePage(request, reply, { serving, files }))
  for (const url of WEB_FILES) app.get(url, (request, reply) => serveFile(request, reply, { serving, files }))
}

interface Web { readonly serving: Serving, readonly files: WebFiles }

async function servePage (request: FastifyRequest, reply: FastifyReply, web: Web): Promise<unknown> {
  const caller = callerOf(request)
  // The page takes an agent that is silent for five seconds for one of another generation, and one that starts may be.
  const [page] = await Promise.all([decided(PAGE, request, web), web.serving.sessions.open(caller, web.serving.scopeFor(caller, request.headers))])
  if (page === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This agent has no web interface.')
  return send(page, request, reply.headers({ ...PAGE_GUARDS, 'content-type': PAGE_TYPE, 'content-security-policy': pagePolicy(page.bytes.toString('utf8')) }))
}

async function serveFile (request: FastifyRequest, reply: FastifyReply, web: Web): Promise<unknown> {
  const path = request.raw.url?.split('?', 1)[0] ?? ''
  const type = webFileType(path)
  // What is at hand is the same for everybody and was decided when it was fetched: a page has hundreds of files.
  const file = type === null ? null : web.files.held(path) ?? await decided(path, request, web)
  if (type === null || file === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  const isNamedByDigest = path.startsWith('/assets/')
  return send(file, request, reply.headers({
    ...GUARDS,
    'content-type': type,
    'cache-control': isNamedByDigest ? 'private, max-age=31536000, immutable' : 'private, max-age=3600',
    // A drawing opened by itself is a document that may hold scripts.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  }))
}

async function decided (path: string, request: FastifyRequest, { serving, files }: Web): Promise<WebFile | null> {
  const caller = callerOf(request)
  const permit = await decideRoute(WEB_ROUTE, { plane: 'client', actor: caller.actor, ...serving.scopeFor(caller, request.headers), session: null, request: request.id }, serving)
  try {
    const file = files.held(path) ?? await files.fetch(permit, path)
    serving.ledger.settle(permit, file === null ? 'failed' : 'done', { file: path })
    return file
  } catch (cause) {
    serving.ledger.settle(permit, 'failed', { file: path })
    throw cause
  }
}

function send ({ bytes, gzip }: WebFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('vary', 'accept-encoding')
  if (gzip === null || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(bytes)
  return reply.header('content-encoding', 'gzip').send(gzip)
}

/**
 * The page may run the scripts it came with and speak to this gateway, and nothing else: the agent's own policy lets it load pictures
 * from anywhere and connect anywhere, and what a model writes into an answer would carry data out by it.
 */
export function pagePolicy (html: string): string {
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${inline.join(' ')}`.trim(),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "media-src 'self' data: blob:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
