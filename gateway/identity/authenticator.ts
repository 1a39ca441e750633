import type { Authenticator, Caller } from './caller.ts'
import { credentialOf } from './credential.ts'
import type { CurrentActors } from './current-actors.ts'
import type { EmbeddedProvider } from './embedded-provider.ts'
import { assertStanding, isStanding, type StandingPorts } from './standing.ts'

/** Tokens of another issuer. */
export interface ExternalTokens {
  /** Who a token was found to speak for; null when it is not known or must be looked at again. Costs no more than a look into a map. */
  known (token: string): Caller | null
  /** @throws GatewayError WEIR_ERR_AUTH_INVALID, WEIR_ERR_UPSTREAM */
  verify (token: string): Promise<Caller>
}

export interface AuthenticatorPorts extends StandingPorts {
  readonly embedded: EmbeddedProvider
  /** Null: only Weir's own tokens are good. */
  readonly external: ExternalTokens | null
  readonly actors: CurrentActors
}

/** Weir's own tokens and those of the identity provider, each caller as it is now. */
export function createAuthenticator (ports: AuthenticatorPorts): Authenticator {
  const { embedded, external, actors } = ports

  function standing (caller: Caller): Caller {
    assertStanding(caller, ports)
    return actors.of(caller)
  }

  return {
    authenticate (authorization) {
      const token = credentialOf(authorization)
      if (external === null) return actors.of(embedded.verify(token))
      const known = external.known(token)
      if (known !== null) return standing(known)
      if (embedded.claimsToBeOwn(token)) return actors.of(embedded.verify(token))
      return external.verify(token).then(standing)
    },
    isStillValid: (caller) => isStanding(caller, ports),
  }
}
