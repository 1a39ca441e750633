import type { Caller } from './caller.ts'
import type { TokenRecord } from './token-registry.ts'

/** What the ids of service accounts begin with; no person and no identity provider can have such an id. */
const PREFIX = 'service:'
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
/** The longest that a token of a service account may live whatever the configuration says, ms: nobody watches where it is kept. */
export const MAX_SERVICE_TTL_MS = 86_400_000

/** The actor of a service account; null when that is no name for one. */
export function serviceActor (name: string): string | null {
  return NAME.test(name) ? `${PREFIX}${name}` : null
}

export function isServiceActor (actor: string): boolean {
  return actor.startsWith(PREFIX)
}

/** Whether a token is as narrow as that of a service account must be: for one app and environment, and short. Any other actor's is. */
export function isNarrowEnough ({ actor, app, environment, issuedAtMs, expiresAtMs }: Pick<Caller, 'app' | 'environment' | 'issuedAtMs' | 'expiresAtMs'> & { readonly actor: Pick<Caller['actor'], 'id'> }): boolean {
  if (!isServiceActor(actor.id)) return true
  // Tokens have whole seconds, and can be longer by one than what was asked for.
  return app !== null && environment !== null && expiresAtMs - issuedAtMs <= MAX_SERVICE_TTL_MS + 1_000
}

/** What a service account can do with the tokens it has: how many are valid, and until when the last of them is, Unix ms. */
export interface ServiceAccount extends Pick<TokenRecord, 'actor' | 'role' | 'app' | 'environment'> { readonly tokens: number, readonly untilMs: number }

/** The service accounts with a valid token, by name; one with tokens for several roles, apps or environments once for each. */
export function serviceAccounts (records: ReadonlyArray<TokenRecord & { readonly revoked: boolean }>, nowMs: number): readonly ServiceAccount[] {
  const accounts = new Map<string, ServiceAccount>()
  for (const { actor, role, app, environment, revoked, expiresAtMs } of records) {
    if (!isServiceActor(actor) || revoked || expiresAtMs <= nowMs) continue
    const key = JSON.stringify([actor, role, app, environment])
    const known = accounts.get(key)
    accounts.set(key, { actor, role, app, environment, tokens: (known?.tokens ?? 0) + 1, untilMs: Math.max(known?.untilMs ?? 0, expiresAtMs) })
  }
  return [...accounts].sort(([a], [b]) => a < b ? -1 : 1).map(([, account]) => account)
}
