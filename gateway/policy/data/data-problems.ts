import { PRIVATE_RULES } from '../../core/finding.ts'
import { NO_ROLE } from '../../core/actor.ts'
import { readPlainPattern } from '../../decode/plain-pattern.ts'
import type { DataDocument } from './data-schema.ts'

/** Steps of all own patterns together at one place of a text: what a hostile request can make the gateway do per character. */
const MAX_STEPS = 500

/** What is wrong with the data at one place. `text` says it whole; `word` is the name that is wrong, `known` are those that would not be. */
export interface DataProblem {
  /** From `weir/data` to the place. */
  readonly steps: readonly string[]
  readonly text: string
  readonly word?: string
  readonly known?: readonly string[]
}

/**
 * What a schema cannot say: names that lead nowhere, hours that never are. A mistyped role in a budget or in hours would
 * limit nobody, so it is refused rather than ignored; patterns that would not find what they are for. Each problem names its place.
 */
export function dataProblems (data: DataDocument): readonly DataProblem[] {
  return [...strangeRoles(data), ...reservedRoles(data), ...strangeServers(data), ...hoursProblems(data), ...patternProblems(data)]
}

function strangeRoles (data: DataDocument): readonly DataProblem[] {
  const everyone: ReadonlyArray<readonly [steps: readonly string[], byRole: object]> = [
    ...Object.entries(data.models).map(([environment, byRole]) => [['models', environment], byRole] as const),
    ...Object.entries(data.mcp?.servers ?? {}).map(([server, byRole]) => [['mcp', 'servers', server], byRole] as const),
    [['outgoing', 'actions'], data.outgoing?.actions ?? {}],
    [['hours', 'windows'], data.hours?.windows ?? {}],
  ]
  const named: ReadonlyArray<readonly [steps: readonly string[], byRole: object]> = [
    [['grants'], data.grants], [['approvers'], data.approvers], [['routes'], data.routes], [['releases', 'promoters'], data.releases?.promoters ?? {}], [['releases', 'makers'], data.releases?.makers ?? {}],
    [['observers'], data.observers ?? {}],
  ]
  const known = Object.keys(data.roles)
  const isRole = (role: string): boolean => Object.hasOwn(data.roles, role)
  return [
    ...named.flatMap(([steps, byRole]) => Object.keys(byRole).filter((role) => !isRole(role)).map((role) => strange(steps, role, role, known))),
    ...(data.groups?.roles ?? []).flatMap(({ role }, i) => isRole(role) ? [] : [strange(['groups', 'roles', String(i)], role, 'role', known)]),
    ...Object.entries(data.budgets ?? {}).flatMap(([name, { match }]) => (match?.roles ?? []).flatMap((role, i) => isRole(role) ? [] : [strange(['budgets', name, 'match', 'roles'], role, String(i), known)])),
    ...everyone.flatMap(([steps, byRole]) => Object.keys(byRole).filter((role) => role !== '*' && !isRole(role)).map((role) => strange(steps, role, role, known))),
  ]
}

// It is what an actor has who has no role: data that gave it anything would give it to everyone with a token.
function reservedRoles ({ roles }: DataDocument): readonly DataProblem[] {
  return Object.hasOwn(roles, NO_ROLE) ? [at(['roles', NO_ROLE], 'is the role of those who have none; data may not define it')] : []
}

function strange (steps: readonly string[], role: string, step: string, known: readonly string[]): DataProblem {
  return { steps: [...steps, step], text: `weir/data/${steps.join('/')} names the role ${role}, which weir/data/roles does not`, word: role, known }
}

function strangeServers ({ mcp }: DataDocument): readonly DataProblem[] {
  const known = Object.keys(mcp?.servers ?? {})
  return Object.entries(mcp?.tools ?? {})
    .filter(([, { server }]) => !known.includes(server))
    .map(([tool, { server }]) => ({
      steps: ['mcp', 'tools', tool, 'server'], text: `weir/data/mcp/tools/${tool} names the server ${server}, which weir/data/mcp/servers does not`, word: server, known,
    }))
}

function patternProblems ({ outgoing }: DataDocument): readonly DataProblem[] {
  const own = Object.entries(outgoing?.private?.own ?? {}).map(([name, { pattern }]) => ({ name, steps: ['outgoing', 'private', 'own', name], read: readPlainPattern(pattern) }))
  const steps = own.reduce((sum, { read }) => sum + (typeof read === 'string' ? 0 : read.steps), 0)
  return [
    ...own.flatMap(({ steps: place, read }) => typeof read === 'string' ? [at(place, read)] : []),
    ...own.filter(({ name }) => (PRIVATE_RULES as readonly string[]).includes(name)).map(({ steps: place }) => at(place, 'has the name of a rule that Weir brings')),
    ...(steps > MAX_STEPS ? [at(['outgoing', 'private', 'own'], `takes ${steps} steps at one place of a text, and may take ${MAX_STEPS}`)] : []),
  ]
}

function hoursProblems ({ hours }: DataDocument): readonly DataProblem[] {
  if (hours === undefined) return []
  const zone = isZone(hours.zone ?? 'UTC') ? [] : [at(['hours', 'zone'], 'is no time zone that this machine knows')]
  const windows = Object.entries(hours.windows).flatMap(([role, byEnvironment]) =>
    Object.entries(byEnvironment).flatMap(([environment, list]) =>
      list.flatMap(({ from, to }, i) => from < to ? [] : [at(['hours', 'windows', role, environment, String(i)], 'ends before it begins')])))
  return [...zone, ...windows]
}

function at (steps: readonly string[], what: string): DataProblem {
  return { steps, text: `weir/data/${steps.join('/')} ${what}` }
}

function isZone (zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format(0)
    return true
  } catch {
    return false // RangeError: Intl knows no such zone
  }
}
