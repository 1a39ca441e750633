import { hostDenial, HOST_RULES, type Decision } from '../core/decision.ts'
import { fitKind, NO_OBLIGATIONS } from '../core/obligations.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import type { Policy } from '../core/ports.ts'
import { answerOf } from './answer.ts'
import { createAnswerCache } from './answer-cache.ts'
import { ENTRYPOINT } from './bundle/bundle.ts'
import type { Explain } from './rule-explanations.ts'
import type { Reads } from './syntax/input-reads.ts'
import { inputText, problemOf } from './input-text.ts'
import { createInputValues, type PutInput } from './input-values.ts'
import { createInputWriter } from './input-writer.ts'
import { createQuestionCache, createQuestionReader, type Question } from './question-cache.ts'
import { instantiatePolicy, OutOfFuel } from './wasm/driver.ts'
import type { Address } from './wasm/value-memory.ts'

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
  /** Adds what is said of a rule to its decisions. Default: nothing. */
  readonly explain?: Explain
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
  const remembered = options.cache === false ? null : rememberedBy(bundle.reads)
  const explain = options.explain ?? ((decision) => decision)
  const answers = createAnswerCache()
  const write = createInputWriter(bundle.reads)
  let opened: Opened | null = null

  /** The input in the policy's memory, or 0 where it has to be put as text. */
  function put (input: PolicyInput): Address {
    try {
      opened ??= open(bundle)
      return opened.put(input)
    } catch {
      opened = null
      return 0
    }
  }

  function ask (question: string | Address): string {
    opened ??= open(bundle)
    return opened.ask(question)
  }

  function decide (input: PolicyInput): Decision {
    const address = put(input)
    const written = address === 0 ? inputText(input, write) : { text: address }
    if ('problem' in written) return refusal(written.problem, bundle.revision)
    let results: string
    try {
      results = ask(written.text)
    } catch (cause) {
      // After a throw the instance's stack is not restored: enough of them and every later answer would fail.
      opened = null
      onFault({ revision: bundle.revision, cause })
      // Kept like any answer: whoever asks the same again must not take that long from everybody else again.
      if (cause instanceof OutOfFuel) return hostDenial(HOST_RULES.timeout, 'Policy took too long to decide.', bundle.revision)
      return hostDenial(HOST_RULES.threw, 'Policy failed while deciding.', bundle.revision)
    }
    // The same text is the same answer: what was read and checked once is not read again.
    return answers.get(results) ?? answers.set(results, explain(answerOf(results, bundle.revision)))
  }

  return {
    revision: bundle.revision,
    evaluate (input: PolicyInput): Decision {
      // A call's arguments come from a model and go to the ledger: they must be sound whether or not a rule reads them.
      const problem = problemOf((input as PolicyInput | null | undefined)?.tool?.args ?? null)
      if (problem !== null) return refusal(problem, bundle.revision)
      const decision = remembered === null ? decide(input) : remembered(input, decide)
      // Outside of what is remembered: rules need not read the kind of question that their answer is remembered by.
      return decision.obligations === NO_OBLIGATIONS ? decision : fitting(decision, input)
    },
  }
}

interface Opened { readonly put: PutInput, ask (question: string | Address): string }

function open ({ module, dataText, reads }: Evaluable): Opened {
  const instance = instantiatePolicy(module, dataText)
  const entrypoint = instance.entrypoints[ENTRYPOINT]
  if (entrypoint === undefined) throw new Error(`the policy has no entrypoint ${ENTRYPOINT}`)
  return {
    put: instance.values === null ? () => 0 : createInputValues(reads, instance.values),
    ask: (question) => instance.evaluate(entrypoint, question),
  }
}

function fitting (decision: Decision, { kind }: PolicyInput): Decision {
  if (fitKind(decision.obligations, kind)) return decision
  return hostDenial(HOST_RULES.obligation, `Policy obliges to something that a question of the kind ${kind} has no place for.`, decision.revision)
}

function refusal (problem: string, revision: string): Decision {
  return hostDenial(HOST_RULES.input, `This question could not be put to policy: ${problem}.`, revision)
}

/** Answers from the cache, or decides and keeps the answer, unless the next question could have another one: policy that failed. */
function rememberedBy (reads: Reads): (input: PolicyInput, decide: (input: PolicyInput) => Decision) => Decision {
  const cache = createQuestionCache()
  const read = createQuestionReader(reads)
  return (input, decide) => {
    let question: Question
    try {
      question = read(input)
    } catch {
      return decide(input) // it cannot be written as JSON either, and is refused
    }
    const known = cache.get(question)
    if (known !== undefined) return known
    const decision = decide(input)
    return decision.rule === HOST_RULES.threw ? decision : cache.set(question, decision)
  }
}
