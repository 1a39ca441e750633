import { asGatewayError, type GatewayError } from '../core/errors.ts'
import type { Policy } from '../core/ports.ts'
import { buildBundle, type BuildOptions } from './build.ts'
import type { Bundle } from './bundle.ts'
import type { PolicyData } from './data.ts'
import { createEvaluator, type EvaluatorOptions } from './evaluator.ts'
import { createExplain } from './rule-explanations.ts'
import type { RuleText } from './rule-texts.ts'
import { smokeTest } from './smoke-test.ts'

/** What happened to policy, for the log and the ledger. `cause` is for the log only. */
export type PolicyEvent =
  | { readonly name: 'policy-loaded', readonly revision: string, readonly cached: boolean, readonly rules: number }
  | { readonly name: 'policy-rejected', readonly revision: string, readonly error: GatewayError }
  | { readonly name: 'policy-fault', readonly revision: string, readonly cause: unknown }

export type ReloadResult =
  | { readonly ok: true, readonly revision: string, readonly changed: boolean }
  | { readonly ok: false, readonly revision: string, readonly error: GatewayError }

export interface PolicyEngineOptions extends BuildOptions, EvaluatorOptions { readonly onEvent: (event: PolicyEvent) => void }

export interface PolicyEngine {
  /** The policy in force. Take it once per decision: a reload swaps it. */
  current (): Policy
  data (): PolicyData
  rules (): readonly RuleText[]
  /** The bundle in force as bytes: a gzipped tar. */
  archive (): Uint8Array
  /** Builds the folder again and swaps policy and data together. What does not compile or decide leaves the old in force. */
  reload (): Promise<ReloadResult>
}

interface InForce { readonly bundle: Bundle, readonly policy: Policy }

/**
 * Compiles and opens the policy of a folder.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD, WEIR_ERR_OPA_MISSING: without a policy nothing may start
 */
export async function openPolicyEngine (options: PolicyEngineOptions): Promise<PolicyEngine> {
  let inForce = await load(options)
  let reloading: Promise<ReloadResult> = Promise.resolve({ ok: true, revision: inForce.policy.revision, changed: false })

  async function reload (): Promise<ReloadResult> {
    const old = inForce.policy.revision
    try {
      const next = await load(options)
      inForce = next
      return { ok: true, revision: next.policy.revision, changed: next.policy.revision !== old }
    } catch (thrown) {
      const error = asGatewayError(thrown)
      options.onEvent({ name: 'policy-rejected', revision: old, error })
      return { ok: false, revision: old, error }
    }
  }

  return {
    current: () => inForce.policy,
    data: () => inForce.bundle.data,
    rules: () => inForce.bundle.rules,
    archive: () => inForce.bundle.archive,
    // One after the other, so that an older build never overtakes a newer one.
    reload: async () => {
      reloading = reloading.then(reload)
      return await reloading
    },
  }
}

async function load (options: PolicyEngineOptions): Promise<InForce> {
  const bundle = await buildBundle(options)
  const policy = createEvaluator(bundle, ({ revision, cause }) => options.onEvent({ name: 'policy-fault', revision, cause }), { ...options, explain: createExplain(bundle.rules) })
  smokeTest(policy)
  options.onEvent({ name: 'policy-loaded', revision: bundle.revision, cached: bundle.cached, rules: bundle.rules.length })
  return { bundle, policy }
}
