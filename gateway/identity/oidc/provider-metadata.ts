import type { Configuration } from 'openid-client'
import { GatewayError } from '../../core/errors.ts'
import { idpFetch, mayBeAsked } from './idp-fetch.ts'
import type { OidcConfig } from './oidc-config.ts'

const RETRY_MS = 5_000 // an outage is not made worse by every request asking again

/** The client at the provider, discovered at its first use. @throws GatewayError WEIR_ERR_UPSTREAM */
export type Discovered = () => Promise<Configuration>

/** Discovers the provider when it is first needed, so that one that is away keeps no gateway from starting. */
export function createDiscovery (config: Pick<OidcConfig, 'issuer' | 'clientId' | 'clientSecret'>, nowMs: () => number): Discovered {
  let found: Promise<Configuration> | null = null
  let failedAtMs = -Infinity
  return async () => {
    if (found === null || nowMs() - failedAtMs >= RETRY_MS) {
      failedAtMs = Infinity
      found = discover(config)
      found.catch(() => { failedAtMs = nowMs() })
    }
    return await found
  }
}

async function discover ({ issuer, clientId, clientSecret }: Pick<OidcConfig, 'issuer' | 'clientId' | 'clientSecret'>): Promise<Configuration> {
  // Loaded here: a gateway without single sign-on does without it.
  const { allowInsecureRequests, customFetch, discovery, None, ClientSecretBasic } = await import('openid-client')
  try {
    // Whether a request may go without TLS is judged by our own fetch, address by address.
    return await discovery(new URL(issuer), clientId, undefined, clientSecret === null ? None() : ClientSecretBasic(clientSecret), {
      execute: mayBeAskedPlain(issuer) ? [allowInsecureRequests] : [],
      [customFetch]: idpFetch,
    })
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_UPSTREAM', 'The identity provider does not describe itself as it should (/.well-known/openid-configuration).', { cause })
  }
}

function mayBeAskedPlain (issuer: string): boolean {
  const url = new URL(issuer)
  return url.protocol === 'http:' && mayBeAsked(url)
}
