/** What a provider bills by beside tokens. `serviceTier` is in lower case, joined by `+` when there are several; every part is absent where it changes nothing. */
export interface BilledBeside {
  /** Searches of the web that the provider made for the answer. */
  readonly webSearches?: number
  /** Searches of stored files. */
  readonly fileSearches?: number
  /** As what the request was served, where that has a price of its own: `flex`, `batch`, `priority`, `fast` …; `unknown` for what is no name. */
  readonly serviceTier?: string
}

/** What the provider said of it. `tiers` are names as they came; null and what is the plain price count for nothing. */
export interface SaidBeside { readonly tiers?: readonly unknown[], readonly webSearches?: number | null, readonly fileSearches?: number | null }

const NOTHING: BilledBeside = Object.freeze({})
const NAME = /^[a-z0-9_-]{1,32}$/
// What is served at the list price, or out of capacity that was bought beforehand: then the list price is what it is worth.
const PLAIN: ReadonlySet<string> = new Set(['', 'auto', 'default', 'standard', 'on_demand', 'traffic_type_unspecified', 'unspecified', 'scale', 'provisioned_throughput', 'not_available', 'global'])

export function billedBeside ({ tiers = [], webSearches, fileSearches }: SaidBeside): BilledBeside {
  const serviceTier = tierOf(tiers)
  const [web, files] = [webSearches ?? 0, fileSearches ?? 0]
  if (serviceTier === null && web === 0 && files === 0) return NOTHING
  return { ...(web > 0 ? { webSearches: web } : {}), ...(files > 0 ? { fileSearches: files } : {}), ...(serviceTier === null ? {} : { serviceTier }) }
}

/** Whether a tier by this name changes no price. */
export function isPlainTier (tier: unknown): boolean {
  return (tier ?? null) === null || (typeof tier === 'string' && PLAIN.has(tier.toLowerCase()))
}

function tierOf (tiers: readonly unknown[]): string | null {
  const names = tiers.flatMap((tier) => {
    if (isPlainTier(tier)) return []
    const name = typeof tier === 'string' ? tier.toLowerCase() : '?'
    return [NAME.test(name) ? name.replace(/^on_demand_/, '') : 'unknown']
  })
  return names.length === 0 ? null : [...new Set(names)].join('+')
}
