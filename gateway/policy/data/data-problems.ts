import { PRIVATE_RULES } from '../../core/finding.ts'
import { readPlainPattern } from '../../decode/plain-pattern.ts'
import type { DataDocument } from './data-schema.ts'

/** Steps of all own patterns together at one place of a text: what a hostile request can make the gateway do per character. */
const MAX_STEPS = 500

/**
 * What a schema cannot say: names that lead nowhere, hours that never are. A mistyped role in a budget or in hours would
 * limit nobody, so it is refused rather than ignored; patterns that would not find what they are for. Each problem names its place.
 */
export function dataProblems (data: DataDocument): readonly string[] {
  return [...strangeRoles(data), ...strangeServers(data), ...hoursProblems(data), ...patternProblems(data)]
}

function strangeRoles (data: DataDocument): readonly string[] {
  const everyone: ReadonlyArray<readonly [place: string, byRole: object]> = [
    ...Object.entries(data.models).map(([environment, byRole]) => [`models/${environment}`, byRole] as const),
    ...Object.entries(data.mcp?.servers ?? {}).map(([server, byRole]) => [`mcp/servers/${server}`, byRole] as const),
    ['outgoing/actions', data.outgoing?.actions ?? {}],
    ['hours/windows', data.hours?.windows ?? {}],
  ]
  const named: ReadonlyArray<readonly [place: string, byRole: object]> = [
    ['grants', data.grants], ['approvers', data.approvers], ['routes', data.routes], ['releases/promoters', data.releases?.promoters ?? {}],
  ]
  const isRole = (role: string): boolean => Object.hasOwn(data.roles, role)
  return [
    ...named.flatMap(([place, byRole]) => Object.keys(byRole).filter((role) => !isRole(role)).map((role) => strange(place, role))),
    ...Object.entries(data.budgets ?? {}).flatMap(([name, { match }]) => (match?.roles ?? []).filter((role) => !isRole(role)).map((role) => strange(`budgets/${name}/match/roles`, role))),
    ...everyone.flatMap(([place, byRole]) => Object.keys(byRole).filter((role) => role !== '*' && !isRole(role)).map((role) => strange(place, role))),
  ]
}

function strange (place: string, role: string): string {
  return `weir/data/${place} names the role ${role}, which weir/data/roles does not`
}

function strangeServers ({ mcp }: DataDocument): readonly string[] {
  return Object.entries(mcp?.tools ?? {})
    .filter(([, { server }]) => !Object.hasOwn(mcp?.servers ?? {}, server))
    .map(([tool, { server }]) => `weir/data/mcp/tools/${tool} names the server ${server}, which weir/data/mcp/servers does not`)
}

function patternProblems ({ outgoing }: DataDocument): readonly string[] {
  const own = Object.entries(outgoing?.private?.own ?? {}).map(([name, { pattern }]) => ({ name, place: `weir/data/outgoing/private/own/${name}`, read: readPlainPattern(pattern) }))
  const steps = own.reduce((sum, { read }) => sum + (typeof read === 'string' ? 0 : read.steps), 0)
  return [
    ...own.flatMap(({ place, read }) => typeof read === 'string' ? [`${place} ${read}`] : []),
    ...own.filter(({ name }) => (PRIVATE_RULES as readonly string[]).includes(name)).map(({ place }) => `${place} has the name of a rule that Weir brings`),
    ...(steps > MAX_STEPS ? [`weir/data/outgoing/private/own takes ${steps} steps at one place of a text, and may take ${MAX_STEPS}`] : []),
  ]
}

function hoursProblems ({ hours }: DataDocument): readonly string[] {
  if (hours === undefined) return []
  const zone = isZone(hours.zone ?? 'UTC') ? [] : ['weir/data/hours/zone is no time zone that this machine knows']
  const windows = Object.entries(hours.windows).flatMap(([role, byEnvironment]) =>
    Object.entries(byEnvironment).flatMap(([environment, list]) =>
      list.flatMap(({ from, to }, i) => from < to ? [] : [`weir/data/hours/windows/${role}/${environment}/${i} ends before it begins`])))
  return [...zone, ...windows]
}

function isZone (zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format(0)
    return true
  } catch {
    return false // RangeError: Intl knows no such zone
  }
}
