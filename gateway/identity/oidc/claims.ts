import { createHash } from 'node:crypto'
import { NO_ROLE } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Caller } from '../caller.ts'
import { isName } from '../credential.ts'
import { isServiceActor } from '../service-account.ts'
import type { Claims } from '../signed-token.ts'
import type { OidcConfig } from './oidc-config.ts'

const MAX_GROUPS = 256
const MAX_DEPTH = 4

/**
 * Who verified claims speak for.
 *
 * @throws GatewayError WEIR_ERR_AUTH_INVALID when a claim that is needed is missing or cannot be a name
 */
export function callerOfIdClaims (claims: Claims, token: string, config: OidcConfig): Caller {
  const { iat, exp, jti } = claims
  const id = claimAt(claims, config.claims.subject)
  const org = config.claims.org === null ? config.org : claimAt(claims, config.claims.org) ?? config.org
  const groups = groupsOf(claimAt(claims, config.claims.groups))
  // The provider must not be able to name one of ours.
  if (!isName(id) || isServiceActor(id) || !isName(org) || groups === null || typeof iat !== 'number' || typeof exp !== 'number') throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  for (const [name, value] of Object.entries(config.requiredClaims)) {
    const has = claimAt(claims, name)
    if (has !== value && !(Array.isArray(has) && has.includes(value))) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
  }
  return Object.freeze({
    actor: Object.freeze({ id, role: NO_ROLE, groups: Object.freeze(groups), org }),
    app: null,
    environment: null,
    tokenId: isName(jti) ? `oidc_${jti}` : `oidc_${digestOf(token)}`,
    issuedAtMs: Math.floor(iat) * 1_000,
    expiresAtMs: exp * 1_000 + config.clockSkewMs,
    byGroups: true,
  })
}

/** Without the signature: whoever has a token of ECDSA can write a second good one, which must not be a token that nobody revoked. */
function digestOf (token: string): string {
  return createHash('sha256').update(token.slice(0, token.lastIndexOf('.'))).digest('hex').slice(0, 32)
}

/** The claim of that name, else the one inside others that the name's dots lead to. Undefined when there is none. */
export function claimAt (claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let at: unknown = claims
  for (const part of name.split('.', MAX_DEPTH + 1)) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, part)) return undefined
    at = (at as Claims)[part]
  }
  return at
}

function groupsOf (value: unknown): string[] | null {
  if (value === undefined || value === null) return []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.length <= MAX_GROUPS && list.every(isName) ? [...new Set(list)] : null
}
