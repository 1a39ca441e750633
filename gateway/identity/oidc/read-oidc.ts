import { GatewayError } from '../../core/errors.ts'
import { durationWithin } from '../../duration.ts'
import { SIGNATURE_ALGORITHMS } from '../signature-schemes.ts'
import { mayBeAsked } from './idp-fetch.ts'
import type { OidcConfig } from './oidc-config.ts'
import type { OidcFile } from './oidc-schema.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const USUAL_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

/**
 * The `oidc` part of the configuration with its defaults.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID
 */
export function readOidc (file: OidcFile, env: NodeJS.ProcessEnv): OidcConfig {
  if (!URL.canParse(file.issuer) || !mayBeAsked(new URL(file.issuer))) throw invalid('oidc.issuer must be an https address, or one of this machine, without a user, a query or a fragment.')
  const { subject = 'sub', groups = 'groups', org = null } = file.claims ?? {}
  return Object.freeze({
    issuer: file.issuer,
    clientId: file.clientId,
    clientSecret: secretOf(file, env),
    audience: file.audience ?? file.clientId,
    scopes: file.scopes ?? 'openid profile email offline_access',
    claims: { subject, groups, org },
    org: file.org ?? 'sso',
    requiredClaims: file.requiredClaims ?? {},
    algorithms: SIGNATURE_ALGORITHMS.filter((name) => (file.algorithms ?? USUAL_ALGORITHMS).includes(name)),
    clockSkewMs: durationWithin('oidc.clockSkew', file.clockSkew ?? '30s', 0, 5 * MINUTE_MS),
    keyRefreshMs: durationWithin('oidc.keyRefresh', file.keyRefresh ?? '10m', MINUTE_MS, DAY_MS),
    keyGraceMs: durationWithin('oidc.keyGrace', file.keyGrace ?? '24h', 0, 7 * DAY_MS),
    tokenTtlMs: durationWithin('oidc.tokenTtl', file.tokenTtl ?? '1h', MINUTE_MS, DAY_MS),
  })
}

function secretOf ({ clientSecret }: OidcFile, env: NodeJS.ProcessEnv): string | null {
  if (clientSecret === undefined) return null
  const secret = env['WEIR_OIDC_CLIENT_SECRET'] ?? ''
  if (secret === '') throw invalid('oidc.clientSecret is set, but the environment variable WEIR_OIDC_CLIENT_SECRET is not.')
  return secret
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
