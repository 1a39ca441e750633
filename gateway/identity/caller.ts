import type { Actor, Environment } from '../core/actor.ts'

/** Who a verified token speaks for. `app` and `environment` are what the token is limited to; `null` means not limited. */
export interface Caller {
  readonly actor: Actor
  readonly app: string | null
  readonly environment: Environment | null
  /** The token's id (`jti`), never the token. */
  readonly tokenId: string
  /** Whole seconds, as tokens have them. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** The token names groups and no role: the role is what policy data make of them, now and at each later decision. */
  readonly byGroups?: boolean
}

/** Verifies a bearer or basic credential. */
export interface Authenticator {
  /**
   * At once for what was verified before or can be here; else a promise. Throws and rejects alike.
   *
   * @throws GatewayError WEIR_ERR_AUTH_MISSING, WEIR_ERR_AUTH_INVALID, WEIR_ERR_UPSTREAM when the identity provider's keys cannot be had
   */
  authenticate (authorization: string | undefined): Caller | Promise<Caller>
  /** Whether a caller from above may go on: neither expired nor revoked since. For what outlives the moment of its request. */
  isStillValid (caller: Caller): boolean
}
