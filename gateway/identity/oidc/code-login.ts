import { GatewayError } from '../../core/errors.ts'
import { isName } from '../credential.ts'
import type { Exchange, Exchanged, Refused } from './exchange.ts'
import type { OidcConfig } from './oidc-config.ts'
import type { Discovered } from './provider-metadata.ts'

/** How long a person may take to log in, seconds. */
export const LOGIN_SECONDS = 600
const MAX_SEALED_CHARS = 3_900
const HOME = '/weir/auth/session'

/** A login in a browser: authorization code with PKCE, state and nonce (RFC 6749, RFC 7636, OpenID Connect Core 3.1). */
export interface CodeLogin {
  /** @param to path of this gateway to go to afterwards @throws GatewayError WEIR_ERR_UPSTREAM */
  begin (to: string | undefined): Promise<{ readonly url: string, readonly sealed: string }>
  /**
   * Ends what `begin` began in the same browser.
   *
   * @param query of the callback, as received
   * @throws GatewayError WEIR_ERR_AUTH_INVALID, WEIR_ERR_UPSTREAM, WEIR_ERR_LEDGER_APPEND
   */
  finish (query: string, sealed: string | null): Promise<{ readonly exchanged: Exchanged, readonly to: string }>
}

export interface CodeLoginPorts {
  readonly config: Pick<OidcConfig, 'scopes'>
  readonly discovered: Discovered
  readonly exchange: Exchange
  readonly refused: Refused
  /** 32 bytes that only gateways of this installation know: any of them may be the one that the browser comes back to. */
  readonly key: Uint8Array
  readonly callbackUrl: () => string
}

interface Begun { readonly state: string, readonly nonce: string, readonly verifier: string, readonly to: string }

export function createCodeLogin ({ config, discovered, exchange, refused, key, callbackUrl }: CodeLoginPorts): CodeLogin {
  async function idTokenOf (query: string, begun: Begun): Promise<string> {
    const client = await discovered()
    const { authorizationCodeGrant } = await import('openid-client')
    try {
      const tokens = await authorizationCodeGrant(client, new URL(`${callbackUrl()}?${query}`), {
        expectedState: begun.state, expectedNonce: begun.nonce, pkceCodeVerifier: begun.verifier, idTokenExpected: true,
      })
      return tokens.id_token ?? ''
    } catch (cause) {
      if (isAway(cause)) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The identity provider could not be asked for the token.', { cause })
      throw invalid(cause)
    }
  }

  return {
    async begin (to) {
      const client = await discovered()
      const { EncryptJWT } = await import('jose')
      const { buildAuthorizationUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier, randomState } = await import('openid-client')
      const begun: Begun = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier(), to: ownPath(to) }
      const url = buildAuthorizationUrl(client, {
        redirect_uri: callbackUrl(),
        // Nothing is renewed for a browser: when its session has ended, its user logs in again.
        scope: config.scopes.split(' ').filter((scope) => scope !== 'offline_access').join(' '),
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: 'S256',
      })
      const sealed = await new EncryptJWT({ ...begun }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setIssuedAt().setExpirationTime(`${LOGIN_SECONDS}s`).encrypt(key)
      return { url: url.href, sealed }
    },
    async finish (query, sealed) {
      let begun: Begun
      let idToken: string
      try {
        begun = await opened(sealed, key)
        idToken = await idTokenOf(query, begun)
      } catch (thrown) {
        refused(thrown)
        throw thrown
      }
      return { exchanged: await exchange(idToken, begun.nonce), to: begun.to }
    },
  }
}

async function opened (sealed: string | null, key: Uint8Array): Promise<Begun> {
  if (sealed === null || sealed.length > MAX_SEALED_CHARS) throw invalid(new Error('no login was begun in this browser'))
  try {
    const { jwtDecrypt } = await import('jose')
    const { payload: { state, nonce, verifier, to } } = await jwtDecrypt(sealed, key, { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] })
    if (!isName(state) || !isName(nonce) || !isName(verifier) || typeof to !== 'string') throw new Error('not a login')
    return { state, nonce, verifier, to }
  } catch (cause) {
    throw invalid(cause)
  }
}

/** A path of Weir's own pages; anything else would make the login a redirector for whoever links to it. */
export function ownPath (to: string | undefined): string {
  return to !== undefined && to.length <= 1_024 && /^\/weir\/[A-Za-z0-9_~.?&=%/-]*$/.test(to) && !to.includes('//') ? to : HOME
}

function isAway (cause: unknown): boolean {
  return cause instanceof GatewayError || (cause instanceof Error && cause.cause instanceof GatewayError)
}

function invalid (cause: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_AUTH_INVALID', 'The login was refused or did not begin here. Begin it again.', { cause })
}
