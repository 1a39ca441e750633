import { hostDenial, HOST_RULES, type Decision } from '../core/decision.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import type { Policy } from '../core/ports.ts'
import { answerOf } from './answer.ts'
import { ENTRYPOINT } from './bundle.ts'
import { createDecisionCache } from './decision-cache.ts'
import { readPart, type Reads } from './input-reads.ts'
import { inputText, type InputText } from './input-text.ts'
import { instantiatePolicy, type WasmInstance } from './wasm-driver.ts'

export interface Evaluable {
  readonly revision: string
  readonly module: WebAssembly.Module
  readonly dataText: string
  /** The parts of the input that the rules can read; the others are kept from them. */
  readonly reads: Reads
}

export interface EvaluatorOptions {
  /** Answers a question that differs from an earlier one only in what no rule reads without asking again. Default true. */
  readonly cache?: boolean
}

/** What went wrong inside policy, for the log: an instance was thrown away. Holds no input. */
export type OnFault = (fault: { readonly revision: string, readonly cause: unknown }) => void

/**
 * The policy of one bundle. `evaluate` is synchronous and never throws; whatever goes wrong inside is a deny.
 *
 * Rules have no clock, no randomness and no network, so what they read of the input is all that an answer depends on: it
 * is what they are given, and what an answer is remembered by. A rule that reads the time is asked again at every call.
 */
export function createEvaluator (bundle: Evaluable, onFault: OnFault, options: EvaluatorOptions = {}): Policy {
  const cache = options.cache === false ? null : createDecisionCache()
  let instance: WasmInstance | null = null
  return {
    revision: bundle.revision,
    evaluate (input: PolicyInput): Decision {
      const written = questionOf(input, bundle.reads)
      if ('problem' in written) return hostDenial(HOST_RULES.input, `This question could not be put to policy: ${written.problem}.`, bundle.revision)
      const known = cache?.get(written.text)
      if (known !== undefined) return known
      let results: string
      try {
        instance ??= instantiatePolicy(bundle.module, bundle.dataText)
        const entrypoint = instance.entrypoints[ENTRYPOINT]
        if (entrypoint === undefined) throw new Error(`the policy has no entrypoint ${ENTRYPOINT}`)
        results = instance.evaluate(entrypoint, written.text)
      } catch (cause) {
        // After a throw the instance's stack is not restored: enough of them and every later answer would fail.
        instance = null
        onFault({ revision: bundle.revision, cause })
        return hostDenial(HOST_RULES.threw, 'Policy failed while deciding.', bundle.revision)
      }
      const decision = answerOf(results, bundle.revision)
      cache?.set(written.text, decision)
      return decision
    },
  }
}

// A call's arguments come from a model and go to the ledger: they must be sound whether or not a rule reads them.
function questionOf (input: PolicyInput, reads: Reads): InputText {
  const args = inputText((input as PolicyInput | null | undefined)?.tool?.args ?? null)
  return 'problem' in args ? args : inputText(readPart(input, reads))
}
