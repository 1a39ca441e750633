import { HOST_RULES, VERDICTS, type Verdict } from '../core/decision.ts'
import { eventBody, type DecisionBody, type EntryBody } from '../core/ledger-entry.ts'
import type { Ledger, Policy } from '../core/ports.ts'
import { decideAgain, isSameAnswer } from './replay/replay.ts'

const MAX_WAITING = 1_024 // decisions; more come in a burst than matter to a comparison
const PER_TURN = 8 // of the event loop: a tenth of a millisecond or two
const MAX_TIMEOUTS = 3 // each holds up everybody for tens of milliseconds; a policy that does it again is not compared any further
const MAX_PAIRS = 500 // pairs of rules told apart in the ledger
const RECORDED_PER_PAIR = 10

/** Decisions by the verdict in force and the verdict of the shadow; equal ones differ in rule or obligations. */
export interface ShadowDifference { readonly from: Verdict, readonly to: Verdict, readonly count: number }

export interface ShadowCounts {
  readonly compared: number
  /** Decisions that were not compared, because too many came at once or the shadow was given up. */
  readonly dropped: number
  /** Comparisons that failed: nothing is known of them. */
  readonly failed: number
  readonly differences: readonly ShadowDifference[]
  /** Whether the shadow was given up, because it took too long too often. A new revision is tried again. */
  readonly isGivenUp: boolean
}

export interface ShadowOptions {
  /** The policy to compare with; read for each decision. */
  readonly policy: () => Policy
  /** Keeps the first differences of each pair of rules. Must not throw. */
  readonly record: (body: EntryBody) => void
}

/** A second policy that is asked what the first was asked, after it. Its answers are compared and do nothing else. */
export interface Shadow {
  /** Takes note of a recorded decision. Never throws; the comparison comes later. */
  observe (entry: number, body: DecisionBody): void
  counts (): ShadowCounts
  revision (): string
  close (): void
}

export function createShadow (options: ShadowOptions): Shadow {
  const waiting: Array<{ readonly entry: number, readonly body: DecisionBody }> = []
  const differences = new Map<string, number>()
  const recorded = new Map<string, number>()
  let counts = { compared: 0, dropped: 0, failed: 0 }
  let turn: NodeJS.Immediate | null = null
  let asked = { revision: '', timeouts: 0 }

  function isGivenUp (): boolean {
    return asked.timeouts >= MAX_TIMEOUTS && asked.revision === options.policy().revision
  }

  function work (): void {
    turn = null
    for (const { entry, body } of waiting.splice(0, PER_TURN)) {
      try {
        compare(entry, body)
      } catch {
        counts = { ...counts, failed: counts.failed + 1 } // nothing of a shadow may reach what it shadows
      }
    }
    if (waiting.length > 0) turn = setImmediate(work)
  }

  function compare (entry: number, body: DecisionBody): void {
    if (isGivenUp()) {
      counts = { ...counts, dropped: counts.dropped + 1 }
      return
    }
    const policy = options.policy()
    if (policy.revision !== asked.revision) {
      asked = { revision: policy.revision, timeouts: 0 }
      recorded.clear()
    }
    const decision = decideAgain(policy, { input: body.input, plane: body.plane, rule: body.decision.rule, modified: body.modified ?? null })
    counts = { ...counts, compared: counts.compared + 1 }
    if (decision.rule === HOST_RULES.timeout) asked.timeouts += 1
    if (isSameAnswer(body.decision, decision)) return
    const key = `${body.decision.verdict} ${decision.verdict}`
    differences.set(key, (differences.get(key) ?? 0) + 1)
    if (!isNews(`${body.decision.rule} ${decision.rule}`)) return
    options.record(eventBody('policy-shadow-difference', null, {
      of: entry,
      from: { verdict: body.decision.verdict, rule: body.decision.rule },
      to: { verdict: decision.verdict, rule: decision.rule },
      revision: decision.revision,
    }))
  }

  function isNews (pair: string): boolean {
    const count = recorded.get(pair) ?? 0
    if (count >= RECORDED_PER_PAIR || (count === 0 && recorded.size >= MAX_PAIRS)) return false
    recorded.set(pair, count + 1)
    return true
  }

  return {
    observe (entry, body) {
      if (isBeforePolicy(body)) return
      if (waiting.length >= MAX_WAITING) {
        counts = { ...counts, dropped: counts.dropped + 1 }
        return
      }
      waiting.push({ entry, body })
      turn ??= setImmediate(work)
    },
    counts: () => ({
      ...counts,
      isGivenUp: isGivenUp(),
      differences: VERDICTS.flatMap((from) => VERDICTS.map((to) => ({ from, to, count: differences.get(`${from} ${to}`) ?? 0 }))),
    }),
    revision: () => options.policy().revision,
    close () {
      waiting.length = 0
      if (turn !== null) clearImmediate(turn)
    },
  }
}

/** The same ledger; the shadow is told of each decision once it is durable, so that it can hold up none. */
export function shadowedLedger (ledger: Ledger, shadow: Shadow): Ledger {
  return {
    async append (body) {
      const entry = await ledger.append(body)
      if (body.kind === 'decision') shadow.observe(entry, body)
      return entry
    },
    settle: (permit, status, detail) => ledger.settle(permit, status, detail),
  }
}

// What the host denied before it asked policy, no policy decides.
function isBeforePolicy ({ decision: { rule } }: DecisionBody): boolean {
  return rule === HOST_RULES.unreadable || rule === HOST_RULES.classify
}
