import { boundDecision, type Means } from '../../core/bound-decision.ts'
import { canonicalJson } from '../../core/canonical-json.ts'
import { HOST_RULES, type Decision } from '../../core/decision.ts'
import type { DecisionBody } from '../../core/ledger-entry.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import type { Policy } from '../../core/ports.ts'
import { recordedDecision, type Recorded, type RecordedDecision } from './recorded-decision.ts'
import { createChangeTally, type ChangeGroup } from './changes.ts'

const EXAMPLES = 3
const PROGRESS_ENTRIES = 1_024

export interface ReplayOptions {
  /** Decisions from this time on, Unix milliseconds, inclusive. Default: all. */
  readonly sinceMs?: number | undefined
  /** Decisions before this time. Default: all. */
  readonly untilMs?: number | undefined
  /** Whether a decision about this input is to be replayed. Default: every one. */
  readonly wanted?: (input: PolicyInput) => boolean
  /** Examples kept of each kind of change. Default 3. */
  readonly examples?: number | undefined
  /** Called after every 1,024 entries and waited for: a server lets others work meanwhile. */
  readonly onProgress?: (entries: number) => void | Promise<void>
}

/** Entries that could not be replayed for one reason. `first` is the index of the first of them, null when it has none. */
export interface Unreplayable { readonly problem: string, readonly count: number, readonly first: number | null }

/** What a policy would have decided otherwise. */
export interface ReplayReport {
  /** Revision of the policy that was asked. */
  readonly revision: string
  /** Entries read, of every kind. */
  readonly entries: number
  /** Decisions made again. */
  readonly replayed: number
  readonly changed: number
  readonly looser: number
  readonly stricter: number
  /** Denials that the host made before it asked policy; they stay as they are. */
  readonly host: number
  readonly unreplayable: readonly Unreplayable[]
  readonly groups: readonly ChangeGroup[]
  /** Changes that are counted but in no group, because there are too many groups. */
  readonly ungrouped: number
}

/**
 * Decides recorded questions again. The facts (path classes, programs in shell text) are those that were recorded: what a
 * change of the data that classification reads would do is not seen. Nothing is recorded, and nothing takes effect.
 *
 * @throws what reading the entries throws
 */
export async function replay (entries: AsyncIterable<unknown>, policy: Policy, options: ReplayOptions = {}): Promise<ReplayReport> {
  const tally = createTally(policy, options)
  for await (const entry of entries) {
    if (tally.add(entry) % PROGRESS_ENTRIES === 0) await options.onProgress?.(tally.entries())
  }
  return tally.report()
}

/** What was decided before, as far as it tells what whoever asked could do about obligations. */
export type Decided = Pick<DecisionBody, 'input'> & { readonly plane: string, readonly rule: string, readonly modified: DecisionBody['modified'] | null }

/** What `govern` would decide about this recorded question. */
export function decideAgain (policy: Policy, decided: Decided): Decision {
  const { input } = decided
  const means = meansOf(decided)
  const evaluate = (question: PolicyInput): Decision => boundDecision(policy.evaluate(question), question, means)
  const decision = evaluate(input)
  // An approval that does not turn a call into an allow is not used: the call is judged as if there were none.
  const wasCovered = input.approval !== null && input.kind !== 'approval'
  return wasCovered && decision.verdict !== 'allow' ? evaluate({ ...input, approval: null }) : decision
}

// Only these planes change what passes, and a call that one of them changed is not changed again.
function meansOf ({ plane, rule, modified }: Decided): Means {
  return { fulfils: (plane === 'model' || plane === 'tool') && rule !== HOST_RULES.unfulfilled, applied: modified?.operations ?? null }
}

/** Whether two answers have the same verdict, rule and obligations. */
export function isSameAnswer (a: Answer, b: Answer): boolean {
  if (a.verdict !== b.verdict || a.rule !== b.rule) return false
  const obligations = obligationsOf(a)
  return obligations !== null && obligations === obligationsOf(b)
}

interface Answer extends Pick<Decision, 'verdict' | 'rule'> { readonly obligations: object }

/** Null when they are too deep to be compared: then they count as different. */
function obligationsOf ({ obligations }: Answer): string | null {
  if (Object.keys(obligations).length === 0) return '{}'
  try {
    return canonicalJson(obligations)
  } catch {
    return null
  }
}

function createTally (policy: Policy, options: ReplayOptions) {
  const counts = { entries: 0, replayed: 0, changed: 0, looser: 0, stricter: 0, host: 0 }
  const problems = new Map<string, { count: number, readonly first: number | null }>()
  const changes = createChangeTally(options.examples ?? EXAMPLES)

  function isInTime (timeMs: number): boolean {
    return timeMs >= (options.sinceMs ?? -Infinity) && timeMs < (options.untilMs ?? Infinity)
  }

  function addDecision (recorded: RecordedDecision): void {
    counts.replayed += 1
    const decision = decideAgain(policy, recorded)
    if (isSameAnswer(recorded, decision)) return
    counts.changed += 1
    const direction = changes.add(recorded, decision)
    if (direction !== 'same-verdict') counts[direction] += 1
  }

  function addProblem ({ problem, index }: Extract<Recorded, { kind: 'unreplayable' }>): void {
    const known = problems.get(problem)
    if (known !== undefined) known.count += 1
    else problems.set(problem, { count: 1, first: index })
  }

  return {
    entries: () => counts.entries,
    add (entry: unknown): number {
      counts.entries += 1
      const recorded = recordedDecision(entry)
      if (recorded.kind === 'other' || (recorded.timeMs !== null && !isInTime(recorded.timeMs))) return counts.entries
      if (recorded.kind === 'unreplayable') addProblem(recorded)
      else if (options.wanted?.(recorded.input) === false) return counts.entries
      else if (recorded.kind === 'host') counts.host += 1
      else addDecision(recorded)
      return counts.entries
    },
    report (): ReplayReport {
      const unreplayable = [...problems].map(([problem, { count, first }]) => ({ problem, count, first }))
      return { revision: policy.revision, ...counts, unreplayable, groups: changes.groups(), ungrouped: changes.ungrouped() }
    },
  }
}
