import type { ChainMember, ProviderConfig } from '../config.ts'
import { GatewayError } from '../core/errors.ts'

type Providers = Readonly<Record<string, ProviderConfig>>

/** The model that `provider/model` names. A provider's id has no slash, a model's may. */
export function memberOf (text: string): ChainMember {
  const slash = text.indexOf('/')
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) }
}

/** The members of the chain that the model stands for, in order; null for a model that stands for itself, or that is not there. */
export function chainOf ({ models }: Pick<ProviderConfig, 'models'>, model: string): readonly ChainMember[] | null {
  return Object.hasOwn(models, model) ? models[model]?.chain ?? null : null
}

/** Whether one of the models that may answer for this one is as is asked. */
export function someMember (provider: string, config: Pick<ProviderConfig, 'models'>, model: string, is: (provider: string, model: string) => boolean): boolean {
  const chain = chainOf(config, model)
  return chain === null ? is(provider, model) : chain.some((member) => is(member.provider, member.model))
}

/** @throws GatewayError WEIR_ERR_CONFIG_INVALID for a chain with a member that is not there, is a chain itself or is of another format, and for one with a price */
export function checkChains (providers: Providers): void {
  for (const [id, config] of Object.entries(providers)) {
    for (const [model, { chain, price }] of Object.entries(config.models)) {
      if (chain === undefined) continue
      const at = `providers.${id}.models.${model}`
      if (price !== undefined) throw invalid(`${at} has a chain, so it has no price of its own: what its members cost is counted.`)
      for (const member of chain) checkMember(at, config, member, providers)
    }
  }
}

function checkMember (at: string, { format }: ProviderConfig, { provider, model }: ChainMember, providers: Providers): void {
  const config = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  const named = `${provider}/${model}`
  if (config === undefined || !Object.hasOwn(config.models, model)) throw invalid(`${at}.chain names ${named}, which is no model of this configuration.`)
  if (chainOf(config, model) !== null) throw invalid(`${at}.chain names ${named}, which is a chain itself.`)
  // The request is passed on as it came, so whoever answers it must read it as it is.
  if (config.format !== format) throw invalid(`${at}.chain names ${named}, which speaks ${config.format} and not ${format}.`)
}

function invalid (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', message)
}
