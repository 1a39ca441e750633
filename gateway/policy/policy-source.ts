import type { GatewayError } from '../core/errors.ts'
import { buildBundle, type BuildOptions } from './build.ts'
import type { Bundle } from './bundle/bundle.ts'
import { watchPolicies } from './watch-policies.ts'

/** A bundle that may come into force, and what its source wants to know of that. */
export interface Candidate {
  readonly bundle: Bundle
  /** It is in force now. */
  taken (): Promise<void>
  /** It could not be used; the old one stays. */
  refused (error: GatewayError): void
}

/** Where policy comes from: a folder, or a bundle server. */
export interface PolicySource {
  /** What an earlier run left in force, checked anew; null when there is none. */
  last (): Promise<Candidate | null>
  /**
   * The bundle to decide by from now on.
   *
   * @throws GatewayError WEIR_ERR_POLICY_* when there is none that may be used
   */
  load (): Promise<Candidate>
  /** Calls back when `load` would give another bundle. @returns a function that ends it */
  watch (onChange: () => Promise<unknown>): () => void
}

/** A folder of Rego and data, compiled when it is loaded and watched for changes. */
export function folderSource (options: BuildOptions): PolicySource {
  return {
    last: async () => null,
    load: async () => ({ bundle: await buildBundle(options), taken: async () => {}, refused: () => {} }),
    watch: (onChange) => watchPolicies(options.dir, () => { void onChange() }),
  }
}
