import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import type { Exchange } from '../../identity/oidc/exchange.ts'
import type { OidcConfig } from '../../identity/oidc/oidc-config.ts'

export const AUTH_PATH = '/weir/api/v1/auth'
const MAX_BODY_BYTES = 70_000 // a token of the provider, with all groups of a large directory
const closed = { additionalProperties: false }

const ExchangeBody = Type.Object({ subject_token: Type.String({ minLength: 1, maxLength: 65_536 }) }, closed)

/** Null when there is no identity provider. */
export type SignOnRoutes = { readonly config: OidcConfig, readonly exchange: Exchange } | null

/**
 * `GET /weir/api/v1/auth`: how to log in here. `POST /weir/api/v1/auth/token`: a Weir token for an ID token of the identity provider
 * (names as in RFC 8693). Both without a credential: they are how one gets a credential.
 */
export const authRoutes: FastifyPluginAsync<{ readonly signOn: SignOnRoutes }> = async (app, { signOn }) => {
  app.get(AUTH_PATH, { config: { open: true } }, async () => {
    if (signOn === null) return { method: 'token' }
    const { issuer, clientId, scopes } = signOn.config
    return { method: 'oidc', issuer, clientId, scopes }
  })

  app.post(`${AUTH_PATH}/token`, { config: { open: true }, bodyLimit: MAX_BODY_BYTES, schema: { body: ExchangeBody } }, async (request) => {
    if (signOn === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no single sign-on here.')
    const { token, actor, expiresAtMs } = await signOn.exchange((request.body as Static<typeof ExchangeBody>).subject_token)
    return { access_token: token, token_type: 'Bearer', expires_in: Math.floor((expiresAtMs - Date.now()) / 1_000), actor }
  })
}
