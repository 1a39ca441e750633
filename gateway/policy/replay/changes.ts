import { VERDICTS, type Decision, type Verdict } from '../../core/decision.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import type { RecordedDecision } from './recorded-decision.ts'

const MAX_GROUPS = 1_000 // groups are pairs of rules; a policy of 8,192 rules could make more than anybody reads
const MAX_ACTORS = 100 // per group
const MAX_WHAT_CHARS = 200
const MAX_WHAT_TARGETS = 8

/** Which way a decision would go: an attacker gains by `looser`, a user loses by `stricter`. */
export const DIRECTIONS = ['looser', 'stricter', 'same-verdict'] as const
export type Direction = typeof DIRECTIONS[number]

export interface Answer { readonly verdict: Verdict, readonly rule: string }

/** One decision that would change. `what` is the command, path, route or model it was about, shortened. */
export interface ReplayExample {
  readonly index: number
  readonly timeMs: number
  readonly actor: string
  readonly app: string
  readonly environment: string
  readonly what: string
}

/** Decisions that would change alike. `others` counts the decisions of actors beyond the first hundred. */
export interface ChangeGroup {
  readonly from: Answer
  readonly to: Answer
  readonly direction: Direction
  readonly count: number
  readonly actors: readonly { readonly actor: string, readonly count: number }[]
  readonly others: number
  readonly examples: readonly ReplayExample[]
}

/** Gathers what would change, in bounded memory. */
export interface ChangeTally {
  add (recorded: RecordedDecision, to: Decision): Direction
  /** Loosened first, then stricter, then the others; the most frequent first. */
  groups (): readonly ChangeGroup[]
  /** Changes beyond the first thousand groups: counted, in no group. */
  ungrouped (): number
}

interface OpenGroup { readonly from: Answer, readonly to: Answer, readonly direction: Direction, count: number, others: number, readonly actors: Map<string, number>, readonly examples: ReplayExample[] }

/** @param examples how many are kept of each kind of change */
export function createChangeTally (examples: number): ChangeTally {
  const groups = new Map<string, OpenGroup>()
  let ungrouped = 0
  return {
    add (recorded, to) {
      const direction = directionOf(recorded.verdict, to.verdict)
      const group = groupFor(groups, recorded, to, direction)
      if (group === null) {
        ungrouped += 1
        return direction
      }
      group.count += 1
      countActor(group, recorded.input.actor.id)
      if (group.examples.length < examples) group.examples.push(exampleOf(recorded))
      return direction
    },
    groups: () => [...groups.values()].map(closed).sort((a, b) => DIRECTIONS.indexOf(a.direction) - DIRECTIONS.indexOf(b.direction) || b.count - a.count),
    ungrouped: () => ungrouped,
  }
}

function groupFor (groups: Map<string, OpenGroup>, recorded: RecordedDecision, to: Decision, direction: Direction): OpenGroup | null {
  const key = JSON.stringify([recorded.verdict, recorded.rule, to.verdict, to.rule])
  const known = groups.get(key)
  if (known !== undefined) return known
  if (groups.size >= MAX_GROUPS) return null
  const from = { verdict: recorded.verdict, rule: recorded.rule }
  const group: OpenGroup = { from, to: { verdict: to.verdict, rule: to.rule }, direction, count: 0, others: 0, actors: new Map(), examples: [] }
  groups.set(key, group)
  return group
}

function countActor (group: OpenGroup, actor: string): void {
  const count = group.actors.get(actor)
  if (count === undefined && group.actors.size >= MAX_ACTORS) group.others += 1
  else group.actors.set(actor, (count ?? 0) + 1)
}

function closed ({ actors, ...group }: OpenGroup): ChangeGroup {
  return { ...group, actors: [...actors].map(([actor, count]) => ({ actor, count })).sort((a, b) => b.count - a.count) }
}

function directionOf (from: Verdict, to: Verdict): Direction {
  const step = VERDICTS.indexOf(to) - VERDICTS.indexOf(from)
  return step === 0 ? 'same-verdict' : step < 0 ? 'looser' : 'stricter'
}

function exampleOf ({ index, timeMs, input }: RecordedDecision): ReplayExample {
  return { index, timeMs, actor: input.actor.id, app: input.app, environment: input.environment, what: whatOf(input).slice(0, MAX_WHAT_CHARS) }
}

// Of the parts of an input only the form is checked: an export can hold anything where a text should be.
function whatOf ({ kind, command, targets, route, url, model }: PolicyInput): string {
  if (command !== null) return words(command.text)
  if (targets.length > 0) return targets.slice(0, MAX_WHAT_TARGETS).map(({ access, path }) => words(access, path)).join(', ')
  if (route !== null) return words(route.method, route.path)
  if (url !== null) return words(url.url)
  return model === null ? words(kind) : words(model.provider, model.id)
}

function words (...parts: readonly unknown[]): string {
  return parts.map((part) => typeof part === 'string' ? part : '?').join(' ')
}
