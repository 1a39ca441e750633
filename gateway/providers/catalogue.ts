import type { ProviderConfig } from '../config.ts'
import type { Context } from '../core/actor.ts'
import type { Governor } from '../core/govern.ts'
import { someMember } from './model-chains.ts'

type Providers = Readonly<Record<string, ProviderConfig>>

/** The providers with those of their models that policy allows this caller now; one without any is left out. Nothing is recorded. */
export type Catalogue = (context: Context) => Providers

/** A list for choosing from, not a permission: each request is decided again. */
export function createCatalogue (configured: Providers, governor: Pick<Governor, 'preview'>): Catalogue {
  const isAllowed = (context: Context) => (provider: string, model: string): boolean =>
    governor.preview({ kind: 'model-request', provider, model, stream: true, bytes: 0, scanned: true }, context).decision.verdict === 'allow'
  return (context) => Object.fromEntries(Object.entries(configured).flatMap(([id, config]) => {
    const models = Object.entries(config.models).filter(([model]) => someMember(id, config, model, isAllowed(context)))
    return models.length === 0 ? [] : [[id, { ...config, models: Object.fromEntries(models) }]]
  }))
}
