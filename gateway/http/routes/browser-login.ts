import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import type { Static } from 'typebox'
import { eventBody, type EntryBody } from '../../core/ledger-entry.ts'
import { Type } from '../../core/schema-type.ts'
import { LOGIN_SECONDS, type CodeLogin } from '../../identity/oidc/code-login.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'
import type { TokenRegistry } from '../../identity/token-registry.ts'
import { withdrawalEntry } from '../../identity/withdrawal-entry.ts'
import type { BrowserSessions } from '../browser-sessions.ts'
import type { AssertKnownHost } from '../own-pages.ts'
import { callerOf } from '../plugins/caller.ts'

export const LOGIN_PATH = '/weir/auth/login'
export const SESSION_PATH = '/weir/auth/session'
export const CALLBACK_PATH = '/weir/auth/callback'
const MAX_PASTED_BYTES = 16_384
const Query = Type.Object({ to: Type.Optional(Type.String({ maxLength: 1_024 })) }, { additionalProperties: false })
const GUARDS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" } as const

const Pasted = Type.Object({ token: Type.String({ minLength: 1, maxLength: 8_192 }) }, { additionalProperties: false })

export interface BrowserLoginOptions {
  /** Null when there is no identity provider. */
  readonly login: CodeLogin | null
  readonly sessions: BrowserSessions
  readonly authenticator: Authenticator
  readonly registry: Pick<TokenRegistry, 'add'>
  readonly ledger: { append (body: EntryBody): Promise<number> }
  readonly assertKnownHost: AssertKnownHost
}

/**
 * `GET /weir/auth/login` (`?to=`) and `/callback`: a login at the identity provider with a browser, into a cookie. `POST /session`: the same
 * with a token of one's own. `GET /session`: who is logged in, and the token against forged writes. `POST /logout`: revokes what the cookie holds;
 * `DELETE /session` only takes it away.
 */
export const browserLoginRoutes: FastifyPluginAsync<BrowserLoginOptions> = async (app, options) => {
  if (options.login !== null) await app.register(providerRoutes, { ...options, login: options.login })
  await app.register(sessionRoutes, options)
}

const providerRoutes: FastifyPluginAsync<BrowserLoginOptions & { readonly login: CodeLogin }> = async (app, { login, sessions, assertKnownHost }) => {
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
}

const sessionRoutes: FastifyPluginAsync<BrowserLoginOptions> = async (app, { sessions, authenticator, registry, ledger, assertKnownHost }) => {
  const shown = (caller: Caller): object => {
    const { id, role, groups, org } = caller.actor
    return { actor: id, role, groups, org, app: caller.app, environment: caller.environment, expiresAtMs: caller.expiresAtMs, csrf: sessions.csrfOf(caller) }
  }

  app.get(SESSION_PATH, async (request) => shown(callerOf(request)))

  // Only from a page of the gateway's own: another one could sign its visitor in as somebody else, and have what they do done by that account.
  app.post(SESSION_PATH, { config: { open: true }, bodyLimit: MAX_PASTED_BYTES, schema: { body: Pasted } }, async (request, reply) => {
    assertKnownHost(request.headers.host, undefined)
    sessions.assertOwnOrigin(request)
    const { token } = request.body as Static<typeof Pasted>
    const caller = await authenticator.authenticate(`Bearer ${token}`)
    await ledger.append({ ...eventBody('signed-in', null, { token: caller.tokenId }), actor: caller.actor.id })
    reply.header('set-cookie', sessions.cookie(token, Math.floor((caller.expiresAtMs - Date.now()) / 1_000)))
    return shown(caller)
  })

  // A token that was pasted has other uses: it leaves this browser, and stays good.
  app.delete(SESSION_PATH, async (request, reply) => {
    const { tokenId, actor } = callerOf(request)
    await ledger.append({ ...eventBody('signed-out', null, { token: tokenId }), actor: actor.id })
    return reply.header('set-cookie', sessions.noCookie()).code(204).send()
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
