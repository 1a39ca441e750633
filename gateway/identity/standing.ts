import { GatewayError } from '../core/errors.ts'
import type { Caller } from './caller.ts'
import type { Withdrawals } from './withdrawals.ts'

export interface StandingPorts { readonly registry: Pick<Withdrawals, 'isRevoked'>, readonly nowMs: () => number }

/** @throws GatewayError WEIR_ERR_AUTH_INVALID when a verified token has expired or was revoked since */
export function assertStanding (caller: Caller, { registry, nowMs }: StandingPorts): void {
  if (caller.expiresAtMs <= nowMs()) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token has expired.')
  if (registry.isRevoked(caller)) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token was revoked.')
}

export function isStanding (caller: Caller, { registry, nowMs }: StandingPorts): boolean {
  return caller.expiresAtMs > nowMs() && !registry.isRevoked(caller)
}
