import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { Provider, type Configuration } from 'oidc-provider'

export const CLIENT_ID = 'weir'

export interface OidcServer {
  readonly issuer: string
  /** Paths asked for, in order. */
  readonly asked: readonly string[]
  /** Groups that its tokens name for each account. */
  readonly groups: Map<string, readonly string[]>
  /** The key it signs with now. */
  key (): { readonly privateKey: CryptoKey, readonly publicJwk: JWK }
  /** A token as it signs them; claims can be changed, and removed with undefined. */
  sign (claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: CryptoKey | Uint8Array): Promise<string>
  /** Signs with a new key from now on and no longer knows the old one. */
  rotate (): Promise<void>
  /** Answers every request by itself instead, until given null. */
  replace (listener: RequestListener | null): void
}

interface Test { teardown (cleanUp: () => unknown): void }

/** A real OpenID Connect provider on loopback with accounts for whoever logs in. */
export async function startOidcServer (t: Test, own: Partial<Configuration> = {}): Promise<OidcServer> {
  const groups = new Map<string, readonly string[]>()
  const asked: string[] = []
  let listener: RequestListener | null = null
  let serve: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {}
  const server = createServer((request, response) => {
    asked.push(request.url?.split('?')[0] ?? '')
    if (listener !== null) return listener(request, response)
    void serve(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let number = 0
  let current = await newKey(++number)
  const begin = (): void => { serve = new Provider(issuer, configuration(current.jwk, groups, own)).callback() }
  begin()
  return {
    issuer,
    asked,
    groups,
    key: () => current,
    async sign (claims = {}, header = {}, key = current.privateKey) {
      const seconds = Math.floor(Date.now() / 1_000)
      const payload = { iss: issuer, aud: CLIENT_ID, sub: 'alice', iat: seconds, exp: seconds + 600, groups: ['devs'], ...claims }
      return await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: current.jwk.kid, ...header }).sign(key)
    },
    async rotate () {
      current = await newKey(++number)
      begin()
    },
    replace (next) { listener = next },
  }
}

async function newKey (number: number): Promise<{ privateKey: CryptoKey, publicJwk: JWK, jwk: JWK & { kid: string } }> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = `key-${number}`
  return { privateKey, publicJwk: await exportJWK(publicKey), jwk: { ...await exportJWK(privateKey), kid, alg: 'RS256', use: 'sig' } }
}

function configuration (jwk: JWK, groups: ReadonlyMap<string, readonly string[]>, own: Partial<Configuration>): Configuration {
  return {
    jwks: { keys: [jwk] } as NonNullable<Configuration['jwks']>,
    clients: [{
      client_id: CLIENT_ID,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/weir/auth/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    }],
    claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email'] },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    conformIdTokenClaims: false, // what the tokens say is all that a gateway reads
    features: { deviceFlow: { enabled: true } },
    cookies: { keys: ['of the test'] },
    findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, groups: groups.get(id) ?? [] }) }),
    ...own,
  } as Configuration
}
