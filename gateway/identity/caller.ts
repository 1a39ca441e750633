import type { Actor, Environment } from '../core/actor.ts'

/** Who a verified token speaks for. `app` and `environment` are what the token is limited to; `null` means not limited. */
export interface Caller {
  readonly actor: Actor
  readonly app: string | null
  readonly environment: Environment | null
  /** The token's id (`jti`), never the token. */
  readonly tokenId: string
  readonly expiresAtMs: number
}

/** Verifies a bearer or basic credential. @throws GatewayError WEIR_ERR_AUTH_MISSING, WEIR_ERR_AUTH_INVALID */
export interface Authenticator { authenticate (authorization: string | undefined): Caller }
