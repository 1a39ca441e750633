import { ENVIRONMENTS, type Actor, type Environment } from '../../core/actor.ts'
import type { Circumstances } from '../../core/circumstances.ts'
import { NO_PARTS, type PolicyInput } from '../../core/policy-input.ts'
import { PERMISSIONS, type PathClass, type Permission } from '../../core/tool-call.ts'
import type { PolicyData } from '../data/data.ts'

/** What a role can be asked about: starting a session, each permission, approving what waits for one, pointing an environment at a release. */
export type Ability = 'start' | Permission | `approve ${Permission}` | 'promote'

/** Who asks, about which app and when. */
export interface Asker { readonly actor: Actor, readonly app: string, readonly time: Circumstances['time'], readonly nowMs: number }

/** A question about an ability, and the steps in the data to the line that grants it. */
export interface RoleQuestion {
  readonly ability: Ability
  readonly environment: Environment
  readonly input: PolicyInput
  readonly steps: readonly string[]
}

const NO_SUBAGENTS = Object.freeze({ running: 0, total: 0 })
const SOMEONE_ELSE = '(someone else)' // no identity provider gives such a name
const EXAMPLES: ReadonlyArray<readonly [PathClass, path: string]> = [
  ['source', 'src/example.ts'], ['test', 'test/example.ts'], ['docs', 'docs/example.md'], ['config', 'example.json'],
  ['generated', 'dist/example.js'], ['dependency', 'package.json'], ['ci', '.gitlab-ci.yml'], ['policy', 'policies/example.rego'],
]

/** The plainest question for every ability in every environment: what is refused here, no other call of its kind gets. */
export function roleQuestions (asker: Asker, data: PolicyData, environments: readonly Environment[] = ENVIRONMENTS): readonly RoleQuestion[] {
  return environments.flatMap((environment) => [
    start(asker, data, environment),
    ...PERMISSIONS.map((permission) => using(permission, asker, data, environment)),
    ...PERMISSIONS.map((permission) => approving(permission, asker, data, environment)),
    promoting(asker, data, environment),
  ])
}

function start (asker: Asker, data: PolicyData, environment: Environment): RoleQuestion {
  const { role } = asker.actor
  // Either of two grants is enough: shown is the one that is there.
  const by = data.grants[role]?.[environment]?.review === undefined && data.grants[role]?.[environment]?.chat !== undefined ? 'chat' : 'review'
  const seats = Object.keys(data.seats ?? {}).length === 0 ? null : { limit: null, used: null, member: true, idle_days: null }
  return { ability: 'start', environment, steps: ['grants', role, environment, by], input: { ...bare(asker, environment), kind: 'session', seats } }
}

function using (permission: Permission, asker: Asker, data: PolicyData, environment: Environment): RoleQuestion {
  const steps = ['grants', asker.actor.role, environment, permission]
  return { ability: permission, environment, steps, input: { ...bare(asker, environment), permission, ...callFor(permission, data), delegation: NO_SUBAGENTS } }
}

function callFor (permission: Permission, data: PolicyData): Pick<PolicyInput, 'tool' | 'targets'> {
  if (permission === 'chat') return { tool: tool('delegate', 'task'), targets: [] }
  if (permission === 'review') return { tool: tool('read-file', 'read'), targets: [{ path: 'src/example.ts', class: 'source', access: 'read' }] }
  const [name, path] = EXAMPLES.find(([one]) => needOf(one, data) === permission) ?? ['source', 'src/example.ts']
  return { tool: tool('write-file', 'write'), targets: [{ path, class: name, access: 'write' }] }
}

function needOf (name: PathClass, { paths: { needs } }: PolicyData): Permission | undefined {
  return (needs as Readonly<Partial<Record<PathClass, Permission>>>)[name]
}

function approving (permission: Permission, asker: Asker, data: PolicyData, environment: Environment): RoleQuestion {
  const { id, role } = asker.actor
  const at = data.approvers[role]?.[environment]?.indexOf(permission) ?? -1
  const approval = { id: 'apr_example', by: id, requestedBy: SOMEONE_ELSE, ageMs: 0, scope: 'once', standsMs: null } as const
  return {
    ability: `approve ${permission}`,
    environment,
    steps: ['approvers', role, environment, ...(at === -1 ? [] : [String(at)])],
    input: { ...bare(asker, environment), kind: 'approval', permission, approval },
  }
}

function promoting (asker: Asker, data: PolicyData, environment: Environment): RoleQuestion {
  const order = data.releases?.order ?? []
  const live = order.slice(0, Math.max(0, order.indexOf(environment)))
  const release = { id: 'example', digest: '0'.repeat(64), action: 'promote', madeBy: SOMEONE_ELSE, live, checks: data.releases?.checks?.[environment] ?? [], from: null } as const
  return {
    ability: 'promote',
    environment,
    steps: ['releases', 'promoters', asker.actor.role, environment],
    input: { ...bare(asker, environment), kind: 'release', permission: 'publish', release },
  }
}

function tool (name: string, native: string): PolicyInput['tool'] {
  return { name, native, protocol: 'opencode', args: {} }
}

function bare ({ actor, app, time, nowMs }: Asker, environment: Environment): PolicyInput {
  return {
    ...NO_PARTS,
    kind: 'tool-call',
    actor,
    app,
    environment,
    time,
    now_ms: nowMs,
  }
}
