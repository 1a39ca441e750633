import type { Config } from './config.ts'
import type { GatewayLog } from './governance.ts'
import { createAuthenticator } from './identity/authenticator.ts'
import type { Authenticator } from './identity/caller.ts'
import type { CurrentActors } from './identity/current-actors.ts'
import { openOidc } from './identity/oidc/open-oidc.ts'
import type { Identity } from './identity/open-identity.ts'

export interface SignOnPorts {
  readonly config: Config
  readonly identity: Identity
  readonly actors: CurrentActors
  readonly log: GatewayLog
}

export interface SignOn {
  readonly authenticator: Authenticator
  close (): void
}

/** Who is let in: by Weir's own tokens and, when one is configured, by those of the identity provider. */
export function openSignOn ({ config, identity, actors, log }: SignOnPorts): SignOn {
  const nowMs = Date.now
  const oidc = config.oidc === undefined ? null : openOidc(config.oidc, { nowMs, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  return {
    authenticator: createAuthenticator({ embedded: identity.provider, external: oidc?.tokens ?? null, registry: identity.registry, actors, nowMs }),
    close: () => oidc?.close(),
  }
}
