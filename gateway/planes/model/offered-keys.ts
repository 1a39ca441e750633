import type { ProviderConfig } from '../../config.ts'
import type { Context } from '../../core/actor.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import type { KeyRests } from './key-rests.ts'
import type { ModelPlanePorts } from './model-ports.ts'
import { rankKeys } from './upstream-choice.ts'

export interface KeyedRequest {
  readonly provider: string
  readonly config: ProviderConfig
  readonly model: string
  readonly context: Context
  /** What stays with one key while it is well; null for nothing. */
  readonly affinity: string | null
}

/**
 * The keys that a request may go out with, the best first; none for a provider without keys. `problem` is why it cannot go out at all, to be
 * said when policy has let it: who may not ask is not told what there is.
 */
export interface OfferedKeys { readonly keys: readonly ProviderKey[], readonly ids: readonly string[], readonly problem: GatewayError | null }

const NO_KEYS: readonly ProviderKey[] = Object.freeze([])
const NONE_REFUSED: ReadonlySet<string> = new Set()

/** Does not throw. */
export function offeredKeys (request: KeyedRequest, ports: Pick<ModelPlanePorts, 'vault' | 'isPriced'>, rests: KeyRests): OfferedKeys {
  try {
    const keys = rankKeys(keysFor(request, ports), request.affinity, { rests, refused: NONE_REFUSED })
    return { keys, ids: keys.map(({ id }) => id), problem: null }
  } catch (thrown) {
    return { keys: NO_KEYS, ids: [], problem: asGatewayError(thrown) }
  }
}

function keysFor ({ provider, config, model, context: { environment, app } }: KeyedRequest, { vault, isPriced }: Pick<ModelPlanePorts, 'vault' | 'isPriced'>): readonly ProviderKey[] {
  if (!Object.hasOwn(config.models, model)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'This provider has no such model here.')
  if (!isPriced(provider, model)) throw new GatewayError('WEIR_ERR_PRICE_UNKNOWN')
  if (config.keyless === true) return NO_KEYS
  const keys = vault.keys(provider, environment, app)
  if (keys.length === 0) throw new GatewayError('WEIR_ERR_KEY_MISSING')
  return keys
}
