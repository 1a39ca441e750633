import { ENVIRONMENTS, type Environment } from '../../core/actor.ts'
import { PERMISSIONS } from '../../core/tool-call.ts'
import type { PolicyData } from '../data/data.ts'
import { nearestPlace, type FindData } from '../data/data-places.ts'
import { cellsOf, type RoleCell, type RolePorts } from '../roles/explain-role.ts'
import type { Asker } from '../roles/role-questions.ts'
import { doubted, type Finding, type FindingCode } from './finding.ts'

type Ports = RolePorts & { readonly find: FindData }
interface Explained { readonly role: string, readonly environment: Environment, readonly cells: readonly RoleCell[] }

/** What data say of roles and the rules of the same folder never honour. The compiled policy is asked: rules of others count as Weir's own. */
export function roleFindings (ports: Ports): readonly Finding[] {
  const explained = Object.keys(ports.data.roles).flatMap((role) => ENVIRONMENTS.map((environment) => ({ role, environment, cells: cellsFor(role, environment, ports) })))
  return [...idleRoles(explained, ports), ...explained.flatMap((one) => deadGrants(one, ports)), ...unapproved(explained, ports)]
}

function cellsFor (role: string, environment: Environment, ports: Ports): readonly RoleCell[] {
  const asker: Asker = { actor: { id: '(nobody)', role, groups: [], org: '' }, app: '', time: workingTime(role, environment, ports.data), nowMs: 0 }
  return cellsOf(asker, ports, [environment])
}

/** A time at which the role works, if it ever does: what is only closed at night is not dead. */
function workingTime (role: string, environment: Environment, { hours }: PolicyData): Asker['time'] {
  const windows = hours?.windows ?? {}
  if (Object.keys(windows).length === 0) return null
  const window = (windows[role] ?? windows['*'])?.[environment]?.[0]
  return { day: window?.days[0] ?? 'mon', clock: window?.from ?? '12:00' }
}

function idleRoles (explained: readonly Explained[], { data, find }: Ports): readonly Finding[] {
  return Object.keys(data.roles).flatMap((role) => {
    const gets = explained.some((one) => one.role === role && one.cells.some((cell) => cell.gets !== 'nothing'))
    // Who keeps the directory needs nothing of any project.
    if (!gets && data.routes[role]?.all.includes('weir-provision') === true) return []
    if (!gets) return warn('idle-role', ['roles', role], find, `The role ${role} gets nothing in any environment.`, 'Give it grants, or remove it.')
    const routes = data.routes[role]
    if (routes !== undefined && routes.all.length + routes.own.length > 0) return []
    return warn('idle-role', ['roles', role], find, `The role ${role} may use no route, so none of its grants can be used.`, `Add weir/data/routes/${role}.`)
  })
}

function deadGrants ({ role, environment, cells }: Explained, { find }: Ports): readonly Finding[] {
  const starts = cells.some(({ ability, gets }) => ability === 'start' && gets === 'allow')
  return cells.flatMap(({ ability, gets, given, data, rule, reason }) => {
    // A release's way depends on where it was before, which no example tells.
    if (!given || ability === 'start' || ability === 'promote') return []
    const steps = data.split('/').slice(2)
    if (gets === 'nothing') return warn('dead-grant', steps, find, `${data} is never honoured: ${rule} denies the plainest call of its kind (${reason})`, 'Remove the grant, or change the rule.')
    if (starts || ability.startsWith('approve ')) return []
    return warn('dead-grant', steps, find, `${data} cannot be used: the role ${role} starts no session in ${environment}.`, 'Allow review or chat there.')
  })
}

function unapproved (explained: readonly Explained[], { find }: Ports): readonly Finding[] {
  return explained.flatMap(({ environment, cells }) => PERMISSIONS.flatMap((permission) => {
    const queued = cells.find(({ ability, gets }) => ability === permission && gets === 'queue')
    const isApproved = explained.some((other) => other.environment === environment && other.cells.some(({ ability, gets }) => ability === `approve ${permission}` && gets === 'allow'))
    if (queued?.given !== true || isApproved) return []
    return warn('no-approver', queued.data.split('/').slice(2), find, `Calls that wait by ${queued.data} wait for nobody: no role may approve ${permission} in ${environment}.`, `Add ${permission} to weir/data/approvers.`)
  }))
}

function warn (code: FindingCode, steps: readonly string[], find: FindData, message: string, hint: string): readonly Finding[] {
  const place = nearestPlace(find, steps)
  return place === null ? [] : [doubted(code, place, message, hint)]
}
