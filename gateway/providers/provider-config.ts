import type { EndpointConfig, ProviderConfig } from '../config.ts'
import type { ConfigFile } from '../config-schema.ts'
import { GatewayError } from '../core/errors.ts'
import { durationMs } from '../duration.ts'
import { checkChains, memberOf } from './model-chains.ts'
import { loadRegistry, type KnownProvider, type Registry } from './registry.ts'

type ProvidersFile = NonNullable<ConfigFile['providers']>
type ProviderFile = ProvidersFile[string]

const NONE: Registry = new Map()

/**
 * The providers of the configuration. What it leaves out about one whose id is known comes from the registry; what it says, wins.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID for a provider that lacks its format or address, or has two kinds of addresses; for a chain
 * of models that are not there or not of its format
 */
export function providersOf (file: ProvidersFile | undefined): Readonly<Record<string, ProviderConfig>> {
  const entries = Object.entries(file ?? {})
  const registry = entries.length === 0 ? NONE : loadRegistry()
  const formatOfMember = (member: string): ProviderConfig['format'] | undefined => {
    const { provider } = memberOf(member)
    return file !== undefined && Object.hasOwn(file, provider) ? file[provider]?.format ?? registry.get(provider)?.format : undefined
  }
  const providers = Object.fromEntries(entries.map(([id, provider]) => [id, hasOnlyChains(provider) ? chainsOf(id, provider, formatOfMember) : providerOf(id, provider, registry.get(id))]))
  checkChains(providers)
  return providers
}

// Nobody is asked under its id, so it has no address and no key.
function hasOnlyChains ({ baseUrl, baseUrls, models }: ProviderFile): boolean {
  const all = Object.values(models)
  return baseUrl === undefined && baseUrls === undefined && all.length > 0 && all.every(({ chain }) => chain !== undefined)
}

function chainsOf (id: string, { name, format, models }: ProviderFile, formatOfMember: (member: string) => ProviderConfig['format'] | undefined): ProviderConfig {
  const [first] = Object.values(models)[0]?.chain ?? []
  const said = format ?? (first === undefined ? undefined : formatOfMember(first))
  if (said === undefined) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `providers.${id} needs a format: the first model of its chains names no provider of this configuration.`)
  return { format: said, ...(name === undefined ? {} : { name }), baseUrl: '', baseUrls: [], models: modelsOf(models), keyless: true }
}

function modelsOf (models: ProviderFile['models']): ProviderConfig['models'] {
  return Object.fromEntries(Object.entries(models).map(([id, { chain, ...model }]) => [id, chain === undefined ? model : { ...model, chain: chain.map(memberOf) }])) as ProviderConfig['models']
}

function providerOf (id: string, provider: ProviderFile, known: KnownProvider | undefined): ProviderConfig {
  const { attempts = 3, deadline = '30s', maxWait = '5s' } = provider.retries ?? {}
  const name = provider.name ?? known?.name
  const auth = provider.auth ?? known?.auth
  const { serviceTiers, searches } = provider
  return {
    format: formatOf(id, provider, known),
    ...(name === undefined ? {} : { name }),
    ...endpointsOf(id, provider, known),
    models: modelsOf(provider.models),
    keyless: isKeyless(id, provider, known),
    ...(auth === undefined ? {} : { auth }),
    ...(serviceTiers === undefined ? {} : { serviceTiers }),
    ...(searches === undefined ? {} : { searches: searches as NonNullable<ProviderConfig['searches']> }),
    retries: { attempts, deadlineMs: durationMs(deadline), maxWaitMs: durationMs(maxWait) },
  }
}

function formatOf (id: string, { format }: ProviderFile, known: KnownProvider | undefined): ProviderConfig['format'] {
  const said = format ?? known?.format
  if (said === undefined) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `providers.${id} needs a format: its id is not one that Weir knows.`)
  return said
}

function isKeyless (id: string, { keyless, auth }: ProviderFile, known: KnownProvider | undefined): boolean {
  if (auth === 'none' && keyless === false) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `providers.${id} needs a key (keyless: false), but no way to send it (auth: none).`)
  return keyless ?? (auth === 'none' || (known !== undefined && known.keyVariables.length === 0))
}

function endpointsOf (id: string, { baseUrl, baseUrls }: ProviderFile, known: KnownProvider | undefined): { readonly baseUrl: string, readonly baseUrls?: readonly EndpointConfig[] } {
  if (baseUrl !== undefined && baseUrls !== undefined) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `providers.${id} needs either baseUrl or baseUrls.`)
  if (baseUrls !== undefined) {
    const endpoints = baseUrls.map(({ url, weight = 1 }) => ({ url: trimmed(url), weight }))
    return { baseUrl: endpoints[0]?.url ?? '', baseUrls: endpoints }
  }
  const single = baseUrl ?? known?.baseUrl
  if (single === undefined) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `providers.${id} needs either baseUrl or baseUrls: its id is not one that Weir knows.`)
  return { baseUrl: trimmed(single) }
}

function trimmed (url: string): string {
  return url.replace(/\/+$/, '')
}
