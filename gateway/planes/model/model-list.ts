import type { ModelFormat } from '../../../adapters/model-format.ts'
import type { ProviderConfig } from '../../config.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Governor } from '../../core/govern.ts'
import { someMember } from '../../providers/model-chains.ts'
import type { ModelDoor } from './model-ports.ts'

export interface AskedModels {
  readonly provider: string
  readonly config: ProviderConfig
  readonly format: ModelFormat
  /** The one model that is asked for; null for all of them. */
  readonly model: string | null
}

/**
 * The answer to `GET models` and `GET models/ID`, from the configuration: what policy lets this door ask.
 *
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN alike for a model that is not there and for one that is not allowed
 */
export function modelsBody ({ provider, config, format, model }: AskedModels, governor: Pick<Governor, 'preview'>, door: ModelDoor): object {
  const { models } = config
  const mayAsk = (provider: string, model: string): boolean =>
    governor.preview({ kind: 'model-request', provider, model, stream: true, bytes: 0, scanned: true }, door.context).decision.verdict === 'allow'
  const isAllowed = (id: string): boolean => someMember(provider, config, id, mayAsk)
  const listed = (id: string): { readonly id: string, readonly name: string } => ({ id, name: models[id]?.name ?? id })
  if (model === null) return format.modelList(provider, Object.keys(models).filter(isAllowed).map(listed))
  if (!Object.hasOwn(models, model) || !isAllowed(model)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such model here.')
  return format.modelEntry(provider, listed(model))
}
