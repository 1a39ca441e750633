import type { Actor, Environment } from '../../core/actor.ts'
import type { Verdict } from '../../core/decision.ts'
import type { Policy } from '../../core/ports.ts'
import type { PolicyData } from '../data/data.ts'
import { nearestPlace, type FindData } from '../data/data-places.ts'
import { createLocalTime } from '../local-time.ts'
import type { RuleText } from '../rule-texts.ts'
import { roleQuestions, type Ability, type Asker } from './role-questions.ts'

/** What a role gets: at once, after a second person agreed, or not at all. */
export type Gets = 'allow' | 'queue' | 'nothing'

/** What policy says to one ability in one environment. */
export interface RoleCell {
  readonly ability: Ability
  readonly environment: Environment
  readonly gets: Gets
  readonly rule: string
  readonly reason: string
  /** Where the rule stands; null for one without texts. */
  readonly ruleAt: { readonly file: string, readonly row: number } | null
  /** The member of the data that is for this: `weir/data/grants/author/DEV/edit`. */
  readonly data: string
  /** Whether that member is there; when not, nothing is granted by it. */
  readonly given: boolean
  /** Where it stands, or would have to; null where the folder is not at hand. */
  readonly dataAt: { readonly file: string, readonly row: number } | null
}

export interface RolePorts {
  readonly policy: Policy
  readonly data: PolicyData
  readonly rules: readonly RuleText[]
  /** Default: places in files are not told. */
  readonly find?: FindData
}

export interface RoleAsked { readonly actor: Actor, readonly app: string, readonly nowMs: number, readonly environments?: readonly Environment[] }

/** Asks the compiled policy about everything a role may do; nothing is recorded. Working hours are those of `nowMs`. */
export function explainRole ({ actor, app, nowMs, environments }: RoleAsked, ports: RolePorts): readonly RoleCell[] {
  return cellsOf({ actor, app, nowMs, time: timeAt(ports.data, nowMs) }, ports, environments)
}

/** The same for an asker whose local time is given. */
export function cellsOf (asker: Asker, { policy, data, rules, find }: RolePorts, environments?: readonly Environment[]): readonly RoleCell[] {
  const places = new Map(rules.map(({ id, file, row }) => [id, { file, row }]))
  return roleQuestions(asker, data, environments).map(({ ability, environment, input, steps }) => {
    const { verdict, rule, reason } = policy.evaluate(input)
    const place = find === undefined ? null : nearestPlace(find, steps)
    return {
      ability,
      environment,
      gets: GETS[verdict],
      rule,
      reason,
      ruleAt: places.get(rule) ?? null,
      data: ['weir', 'data', ...steps].join('/'),
      given: isGiven(data, steps),
      dataAt: place === null ? null : { file: place.file, row: place.row },
    }
  })
}

const GETS: Readonly<Record<Verdict, Gets>> = { allow: 'allow', pending: 'queue', deny: 'nothing' }

function timeAt ({ hours }: PolicyData, nowMs: number): Asker['time'] {
  return hours === undefined || Object.keys(hours.windows).length === 0 ? null : createLocalTime(hours.zone ?? 'UTC')(nowMs)
}

function isGiven (data: PolicyData, steps: readonly string[]): boolean {
  let value: unknown = data
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  // A list of permissions names this one only when the steps lead into it.
  return !Array.isArray(value)
}
