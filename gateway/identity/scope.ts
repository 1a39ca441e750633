import { environmentOf, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { Scope } from '../sessions/session.ts'
import type { Caller } from './caller.ts'

/** What a request names; absent parts come from the token, then from the defaults. */
export interface Wanted { readonly app?: string | undefined, readonly environment?: string | undefined }

/**
 * The app and environment a request is for. A request can only narrow what its token allows.
 *
 * @throws GatewayError WEIR_ERR_AUTH_SCOPE when the token is for another app or environment, or the app is unknown
 */
export function scopeOf (caller: Caller, wanted: Wanted, defaults: { readonly apps: readonly string[], readonly environment: Environment }): Scope {
  const app = wanted.app ?? caller.app ?? defaults.apps[0]
  const environment = wanted.environment === undefined
    ? caller.environment ?? defaults.environment
    : environmentOf(wanted.environment)
  if (app === undefined || !defaults.apps.includes(app)) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'There is no such app here.')
  if (caller.app !== null && caller.app !== app) throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This token is for another app.')
  if (caller.environment !== null && caller.environment !== environment) {
    throw new GatewayError('WEIR_ERR_AUTH_SCOPE', 'This token is for another environment.')
  }
  return Object.freeze({ app, environment })
}
