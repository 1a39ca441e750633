import { asGatewayError, type ErrorCode, type GatewayError } from '../core/errors.ts'
import type { Policy } from '../core/ports.ts'
import type { BuildOptions } from './build.ts'
import type { Bundle } from './bundle/bundle.ts'
import type { PolicyData } from './data/data.ts'
import { createEvaluator, type EvaluatorOptions, type OnFault } from './evaluator.ts'
import { folderSource, type Candidate, type PolicySource } from './policy-source.ts'
import { createExplain } from './rule-explanations.ts'
import type { RuleText } from './rule-texts.ts'
import { smokeTest } from './smoke-test.ts'
import { OutOfFuel } from './wasm/driver.ts'

/** What happened to policy, for the log and the ledger. `cause` is for the log only. */
export type PolicyEvent =
  | { readonly name: 'policy-loaded', readonly revision: string, readonly cached: boolean, readonly rules: number }
  | { readonly name: 'policy-rejected' | 'policy-unreachable', readonly revision: string, readonly error: GatewayError }
  | { readonly name: 'policy-fault', readonly revision: string, readonly kind: FaultKind, readonly cause: unknown }

/** Whether a question ran out of its time, or failed in another way. */
export type FaultKind = 'timeout' | 'error'

export type ReloadResult =
  | { readonly ok: true, readonly revision: string, readonly changed: boolean }
  | { readonly ok: false, readonly revision: string, readonly error: GatewayError }

/** Policy from a folder, or from a source of another kind. */
export type PolicyEngineOptions = EvaluatorOptions & { readonly onEvent: (event: PolicyEvent) => void } & (BuildOptions | { readonly source: PolicySource })

export interface PolicyEngine {
  /** The policy in force. Take it once per decision: a reload swaps it. */
  current (): Policy
  data (): PolicyData
  rules (): readonly RuleText[]
  /** The bundle in force as bytes: a gzipped tar. */
  archive (): Uint8Array
  /** Asks the source again and swaps policy and data together. What does not compile or decide leaves the old in force. */
  reload (): Promise<ReloadResult>
  /** Reloads whenever the source has something new. @returns a function that ends it */
  watch (): () => void
  /** How many policies were rejected since the start, by error code. */
  rejected (): ReadonlyMap<ErrorCode, number>
  /** How many questions a policy failed to answer since the start. */
  faults (): ReadonlyMap<FaultKind, number>
}

interface Taking { readonly options: PolicyEngineOptions, readonly onFault: OnFault, readonly reject: (thrown: unknown, revision: string) => GatewayError }
interface InForce { readonly bundle: Bundle, readonly policy: Policy }

/**
 * Opens the policy of a source. When the source is away or offers something unusable, what an earlier run left in force is
 * taken instead.
 *
 * @throws GatewayError WEIR_ERR_POLICY_*, WEIR_ERR_OPA_MISSING: without a policy nothing may start
 */
export async function openPolicyEngine (options: PolicyEngineOptions): Promise<PolicyEngine> {
  const source = 'source' in options ? options.source : folderSource(options)
  const rejected = new Map<ErrorCode, number>()
  const faults = new Map<FaultKind, number>([['timeout', 0], ['error', 0]])

  function fault ({ revision, cause }: { readonly revision: string, readonly cause: unknown }): void {
    const kind = cause instanceof OutOfFuel ? 'timeout' : 'error'
    faults.set(kind, (faults.get(kind) ?? 0) + 1)
    options.onEvent({ name: 'policy-fault', revision, kind, cause })
  }

  function reject (thrown: unknown, revision: string): GatewayError {
    const error = asGatewayError(thrown)
    rejected.set(error.code, (rejected.get(error.code) ?? 0) + 1)
    options.onEvent({ name: error.code === 'WEIR_ERR_POLICY_FETCH' ? 'policy-unreachable' : 'policy-rejected', revision, error })
    return error
  }

  const taking: Taking = { options, onFault: fault, reject }
  let inForce = await openFirst(source, taking)
  let reloading: Promise<ReloadResult> = Promise.resolve({ ok: true, revision: inForce.policy.revision, changed: false })

  async function reload (): Promise<ReloadResult> {
    const old = inForce.policy.revision
    try {
      const candidate = await source.load()
      if (candidate.bundle === inForce.bundle) return { ok: true, revision: old, changed: false }
      inForce = prepare(candidate, taking)
      await candidate.taken()
      return { ok: true, revision: inForce.policy.revision, changed: inForce.policy.revision !== old }
    } catch (thrown) {
      return { ok: false, revision: old, error: reject(thrown, old) }
    }
  }

  async function reloadInTurn (): Promise<ReloadResult> {
    // One after the other, so that an older build never overtakes a newer one.
    reloading = reloading.then(reload)
    return await reloading
  }

  return {
    current: () => inForce.policy,
    data: () => inForce.bundle.data,
    rules: () => inForce.bundle.rules,
    archive: () => inForce.bundle.archive,
    reload: reloadInTurn,
    watch: () => source.watch(reloadInTurn),
    rejected: () => rejected,
    faults: () => faults,
  }
}

async function openFirst (source: PolicySource, taking: Taking): Promise<InForce> {
  const { reject } = taking
  const last = await lastInForce(source, taking)
  try {
    const candidate = await source.load()
    if (candidate.bundle === last?.bundle) return last
    const first = prepare(candidate, taking)
    await candidate.taken()
    return first
  } catch (thrown) {
    if (last === null) throw thrown
    reject(thrown, last.policy.revision)
    return last
  }
}

async function lastInForce (source: PolicySource, taking: Taking): Promise<InForce | null> {
  try {
    const candidate = await source.last()
    if (candidate === null) return null
    const last = prepare(candidate, taking)
    await candidate.taken()
    return last
  } catch (thrown) {
    taking.reject(thrown, '')
    return null
  }
}

/** A policy that answered the first question well. */
function prepare (candidate: Candidate, { options, onFault }: Taking): InForce {
  const { bundle } = candidate
  try {
    const policy = createEvaluator(bundle, onFault, { ...options, explain: createExplain(bundle.rules) })
    smokeTest(policy)
    options.onEvent({ name: 'policy-loaded', revision: bundle.revision, cached: bundle.cached, rules: bundle.rules.length })
    return { bundle, policy }
  } catch (thrown) {
    candidate.refused(asGatewayError(thrown))
    throw thrown
  }
}
