import type { Config } from '../config.ts'
import type { GatewayLog } from '../governance.ts'
import { createBrowserSessions, isSafeForCookies, type BrowserSessions } from '../http/browser-sessions.ts'
import type { SignOnRoutes } from '../http/routes/auth.ts'
import { CALLBACK_PATH } from '../http/routes/browser-login.ts'
import { createAuthenticator } from '../identity/authenticator.ts'
import type { Authenticator } from '../identity/caller.ts'
import type { CurrentActors } from '../identity/current-actors.ts'
import { createCodeLogin, type CodeLogin, type CodeLoginPorts } from '../identity/oidc/code-login.ts'
import { createExchange, createRefusals } from '../identity/oidc/exchange.ts'
import type { OidcConfig } from '../identity/oidc/oidc-config.ts'
import type { Oidc } from '../identity/oidc/open-oidc.ts'
import type { Identity } from '../identity/open-identity.ts'
import type { Journal } from '../ledger/journal.ts'

export interface SignOnPorts {
  readonly config: Config
  readonly identity: Identity
  readonly actors: CurrentActors
  readonly journal: Journal
  readonly log: GatewayLog
  /** Where browsers find the gateway, once it listens. */
  readonly publicUrl: () => string
}

/** People with a browser. `login` is null when there is no identity provider: then they bring a token. */
export interface BrowserSignIn { readonly login: CodeLogin | null, readonly sessions: BrowserSessions }

export interface SignOn {
  readonly authenticator: Authenticator
  /** How one logs in; null when there is no identity provider. */
  readonly routes: SignOnRoutes
  /** Null when cookies would not be safe where the gateway is. */
  readonly browser: BrowserSignIn | null
  close (): void
}

/** Who is let in: by Weir's own tokens and, when one is configured, by those of the identity provider. */
export async function openSignOn (ports: SignOnPorts): Promise<SignOn> {
  const { config, identity, actors, journal, log } = ports
  const nowMs = Date.now
  const oidc = config.oidc === undefined ? null : await openProvider(config.oidc, log)
  const standing = { registry: identity.registry, nowMs, actors, embedded: identity.provider }
  const authenticator = createAuthenticator({ ...standing, external: oidc?.tokens ?? null })
  const sessions = openBrowserSessions(ports)
  if (oidc === null || config.oidc === undefined) return { authenticator, routes: null, browser: sessions === null ? null : { login: null, sessions }, close () {} }
  const refused = createRefusals({ ledger: journal, nowMs })
  const exchange = createExchange({ ...standing, tokens: oidc.tokens, ttlMs: config.oidc.tokenTtlMs, ledger: journal, refused })
  return {
    authenticator,
    routes: { config: config.oidc, exchange },
    browser: sessions === null ? null : { sessions, login: codeLogin(ports, { config: config.oidc, discovered: oidc.discovered, exchange, refused }) },
    close: () => oidc.close(),
  }
}

// Loaded for those who log in that way: the verification of their tokens is some fifty modules of each start.
async function openProvider (config: OidcConfig, log: GatewayLog): Promise<Oidc> {
  const { openOidc } = await import('../identity/oidc/open-oidc.ts')
  return openOidc(config, { nowMs: Date.now, onWarning: (message, cause) => log.warn({ err: cause }, message) })
}

// Without TLS everybody on the way could take the cookie.
function openBrowserSessions ({ config, identity, publicUrl }: SignOnPorts): BrowserSessions | null {
  if (config.publicUrl === undefined ? !isLoopback(config.listen.host) : !isSafeForCookies(config.publicUrl)) return null
  return createBrowserSessions({ secret: identity.secretFor('browser writes'), publicUrl })
}

function codeLogin ({ identity, publicUrl }: SignOnPorts, login: Pick<CodeLoginPorts, 'config' | 'discovered' | 'exchange' | 'refused'>): CodeLogin {
  return createCodeLogin({ ...login, key: identity.secretFor('browser login'), callbackUrl: () => `${publicUrl()}${CALLBACK_PATH}` })
}

function isLoopback (host: string): boolean {
  return isSafeForCookies(`http://${host.includes(':') ? `[${host}]` : host}`)
}
