import type { Config } from './config.ts'
import type { GatewayLog } from './governance.ts'
import { createAuthenticator } from './identity/authenticator.ts'
import type { Authenticator } from './identity/caller.ts'
import type { CurrentActors } from './identity/current-actors.ts'
import { createExchange } from './identity/oidc/exchange.ts'
import { openOidc } from './identity/oidc/open-oidc.ts'
import type { SignOnRoutes } from './http/routes/auth.ts'
import type { Identity } from './identity/open-identity.ts'
import type { Journal } from './ledger/journal.ts'

export interface SignOnPorts {
  readonly config: Config
  readonly identity: Identity
  readonly actors: CurrentActors
  readonly journal: Journal
  readonly log: GatewayLog
}

export interface SignOn {
  readonly authenticator: Authenticator
  /** How one logs in; null when there is no identity provider. */
  readonly routes: SignOnRoutes
  close (): void
}

/** Who is let in: by Weir's own tokens and, when one is configured, by those of the identity provider. */
export function openSignOn ({ config, identity, actors, journal, log }: SignOnPorts): SignOn {
  const nowMs = Date.now
  const oidc = config.oidc === undefined ? null : openOidc(config.oidc, { nowMs, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  const standing = { registry: identity.registry, nowMs, actors, embedded: identity.provider }
  return {
    authenticator: createAuthenticator({ ...standing, external: oidc?.tokens ?? null }),
    routes: oidc === null || config.oidc === undefined
      ? null
      : { config: config.oidc, exchange: createExchange({ ...standing, tokens: oidc.tokens, ttlMs: config.oidc.tokenTtlMs, ledger: journal }) },
    close: () => oidc?.close(),
  }
}
