import type { ProviderConfig } from '../../config.ts'
import type { Upstream, UpstreamPools } from '../../http/forward/upstream-pools.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import { rank } from './affinity.ts'
import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.ts'
import { createKeyRests, type KeyRests } from './key-rests.ts'

/** One address of a provider. `id` is its place in the configuration. */
export interface Endpoint { readonly id: string, readonly weight: number, readonly upstream: Upstream, readonly breaker: CircuitBreaker }

/** Whether an address is out. */
export interface UpstreamState { readonly provider: string, readonly endpoint: string, readonly isOut: boolean }

/** What is known of the providers' endpoints and keys, over all requests. */
export interface UpstreamChoice {
  endpointsOf (provider: string, config: ProviderConfig): readonly Endpoint[]
  states (): readonly UpstreamState[]
  readonly rests: KeyRests
  readonly nowMs: () => number
}

export function createUpstreamChoice (pools: UpstreamPools, nowMs: () => number): UpstreamChoice {
  const known = new Map<string, readonly Endpoint[]>()
  return {
    endpointsOf (provider, config) {
      const endpoints = known.get(provider) ?? addresses(config).map(({ url, weight }, index) => Object.freeze({
        id: String(index), weight, upstream: pools.upstreamOf(url), breaker: createCircuitBreaker(nowMs),
      }))
      known.set(provider, endpoints)
      return endpoints
    },
    states: () => [...known].flatMap(([provider, endpoints]) => endpoints.map(({ id, breaker }) => ({ provider, endpoint: id, isOut: breaker.isOut() }))),
    rests: createKeyRests(nowMs),
    nowMs,
  }
}

function addresses (config: ProviderConfig): ReadonlyArray<{ readonly url: string, readonly weight: number }> {
  return config.baseUrls ?? [{ url: config.baseUrl, weight: 1 }]
}

/**
 * The endpoint for the next attempt. One that is out is left alone while another works. When none does, the request goes out all the same:
 * the gateway's guess about a provider is no reason to refuse.
 *
 * @param failed the endpoints that failed in this request, taken last
 */
export function chooseEndpoint (endpoints: readonly Endpoint[], affinity: string | null, failed: ReadonlySet<string>): Endpoint | null {
  const ranked = rank(endpoints, affinity)
  const fresh = ranked.filter(({ id }) => !failed.has(id))
  return fresh.find(({ breaker }) => breaker.admits()) ?? ranked.find(({ id, breaker }) => failed.has(id) && breaker.admits()) ?? fresh[0] ?? ranked[0] ?? null
}

/** The keys for the next attempt, the best first: those that do not rest and were not refused in this request, then those that may first be used again. */
export function rankKeys (keys: readonly ProviderKey[], affinity: string | null, { rests, refused }: { readonly rests: KeyRests, readonly refused: ReadonlySet<string> }): readonly ProviderKey[] {
  const ranked = rank(keys, affinity)
  const isUsable = ({ id }: ProviderKey): boolean => !refused.has(id) && !rests.isResting(id)
  if (ranked.every(isUsable)) return ranked
  const others = ranked.filter((key) => !isUsable(key)).sort((one, other) => rests.endMs(one.id) - rests.endMs(other.id))
  return [...ranked.filter(isUsable), ...others]
}
