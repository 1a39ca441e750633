import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import type { Static } from 'typebox'
import { eventBody, type EntryBody } from '../../core/ledger-entry.ts'
import { Type } from '../../core/schema-type.ts'
import { LOGIN_SECONDS, type CodeLogin } from '../../identity/oidc/code-login.ts'
import type { TokenRegistry } from '../../identity/token-registry.ts'
import { withdrawalEntry } from '../../identity/withdrawal-entry.ts'
import type { BrowserSessions } from '../browser-sessions.ts'
import type { AssertKnownHost } from '../own-pages.ts'
import { callerOf } from '../plugins/caller.ts'

export const LOGIN_PATH = '/weir/auth/login'
export const CALLBACK_PATH = '/weir/auth/callback'
const Query = Type.Object({ to: Type.Optional(Type.String({ maxLength: 1_024 })) }, { additionalProperties: false })
const GUARDS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" } as const

export interface BrowserLoginOptions {
  readonly login: CodeLogin
  readonly sessions: BrowserSessions
  readonly registry: Pick<TokenRegistry, 'add'>
  readonly ledger: { append (body: EntryBody): Promise<number> }
  readonly assertKnownHost: AssertKnownHost
}

/**
 * `GET /weir/auth/login` (`?to=`) and `/callback`: a login at the identity provider with a browser, into a cookie. `GET /session`: who is
 * logged in, and the token against forged writes. `POST /logout`: revokes what the cookie holds.
 */
export const browserLoginRoutes: FastifyPluginAsync<BrowserLoginOptions> = async (app, { login, sessions, registry, ledger, assertKnownHost }) => {
  app.get(LOGIN_PATH, { config: { open: true }, schema: { querystring: Query } }, async (request, reply) => {
    assertKnownHost(request.headers.host, undefined)
    const { url, sealed } = await login.begin((request.query as Static<typeof Query>).to)
    return reply.headers(GUARDS).header('set-cookie', sessions.loginCookie(sealed, LOGIN_SECONDS)).redirect(url, 302)
  })

  app.get(CALLBACK_PATH, { config: { open: true } }, async (request, reply) => {
    assertKnownHost(request.headers.host, undefined)
    reply.headers(GUARDS)
    // Good for one attempt, however it ends.
    reply.header('set-cookie', sessions.loginCookie('', 0))
    const { exchanged: { token, expiresAtMs }, to } = await login.finish(request.raw.url?.split('?')[1] ?? '', sessions.loginOf(request.headers))
    reply.header('set-cookie', sessions.cookie(token, Math.floor((expiresAtMs - Date.now()) / 1_000)))
    return movedOn(reply, to)
  })

  app.get('/weir/auth/session', async (request, reply) => {
    const caller = callerOf(request)
    const { id, role, groups, org } = caller.actor
    reply.header('cache-control', 'no-store')
    return { actor: id, role, groups, org, expiresAtMs: caller.expiresAtMs, csrf: sessions.csrfOf(caller) }
  })

  app.post('/weir/auth/logout', async (request, reply) => {
    const { tokenId, actor } = callerOf(request)
    const line = { revoked: tokenId, atMs: Date.now() }
    await ledger.append({ ...eventBody('logged-out', null, { token: tokenId }), actor: actor.id })
    await ledger.append(withdrawalEntry(line))
    registry.add(line)
    return reply.header('set-cookie', sessions.noCookie()).code(204).send()
  })
}

// Not a redirect: as part of a way that began at another site it would not have the strict cookie with it. `to` holds nothing to escape but `&`.
function movedOn (reply: FastifyReply, to: string): FastifyReply {
  const path = to.replaceAll('&', '&amp;')
  return reply.type('text/html; charset=utf-8').send(`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${path}"><title>Weir</title><p>You are logged in. <a href="${path}">Go on</a></p>\n`)
}
