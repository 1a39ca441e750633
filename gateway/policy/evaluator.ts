import { hostDenial, HOST_RULES, type Decision } from '../core/decision.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import type { Policy } from '../core/ports.ts'
import { answerOf } from './answer.ts'
import { ENTRYPOINT } from './bundle.ts'
import { inputText } from './input-text.ts'
import { instantiatePolicy, type WasmInstance } from './wasm-driver.ts'

export interface Evaluable { readonly revision: string, readonly module: WebAssembly.Module, readonly dataText: string }

/** What went wrong inside policy, for the log: an instance was thrown away. Holds no input. */
export type OnFault = (fault: { readonly revision: string, readonly cause: unknown }) => void

/** The policy of one bundle. `evaluate` is synchronous and never throws; whatever goes wrong inside is a deny. */
export function createEvaluator (bundle: Evaluable, onFault: OnFault): Policy {
  let instance: WasmInstance | null = null
  return {
    revision: bundle.revision,
    evaluate (input: PolicyInput): Decision {
      const written = inputText(input)
      if ('problem' in written) return hostDenial(HOST_RULES.input, `This question could not be put to policy: ${written.problem}.`, bundle.revision)
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
      return answerOf(results, bundle.revision)
    },
  }
}
