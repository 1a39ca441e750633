import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ENVIRONMENTS, type Actor, type Environment } from '../core/actor.ts'
import { entryFor } from '../identity/current-actors.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { serviceAccounts } from '../identity/service-account.ts'
import { dataPlaces } from '../policy/data/data-places.ts'
import { readPolicyFolder } from '../policy/policy-folder.ts'
import { explainRole, type RoleAsked, type RolePorts } from '../policy/roles/explain-role.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { withEngine } from './policy/open-policy.ts'
import { roleList, roleTable, serviceList } from './role-table.ts'

const HELP = `
Every row is the answer of the compiled policy to the plainest call of its kind, and the line of data that is for it. "nothing" with a
rule of its own is not a missing grant: read the rule.

Examples:
  $ weir roles explain alice@acme.test --env PROD
  $ weir roles explain alice --group developers --group on-call
  $ weir roles explain --role author --policy ./policies
`

interface Options { readonly json?: boolean, readonly policy?: string, readonly config?: string, readonly dataDir?: string }
interface ExplainOptions extends Options { readonly role?: string, readonly group: readonly string[], readonly app?: string, readonly env?: Environment }

/** `weir roles list|explain`: what roles may do, asked of the policy in a folder. Needs no running gateway. */
export function rolesCommand (io: Io): Command {
  const roles = new Command('roles').description('what each role may do, by which rule and line of data')
  withOptions(roles.command('list').description('the roles there are, where each may start a session, and the service accounts with a valid token')).action((options: Options) => listRoles(io, options))
  withOptions(roles.command('explain').description('what a role, or an actor by the roles and groups of its tokens, may do in each environment'))
    .argument('[actor]', 'an actor with a token of Weir')
    .option('--role <role>', 'the role itself, whoever has it')
    .option('--group <group>', 'an actor with this group of the identity provider (repeatable), whatever its tokens say', (group: string, all: readonly string[]) => [...all, group], [] as readonly string[])
    .option('--app <app>', 'the app to ask about (default: the first configured)')
    .addOption(new Option('--env <environment>', 'only one environment').choices(ENVIRONMENTS))
    .addHelpText('after', HELP)
    .action((actor: string | undefined, options: ExplainOptions) => explain(io, actor, options))
  return roles
}

function withOptions (command: Command): Command {
  return command
    .option('--policy <dir>', 'policy folder (default: the configured one)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

async function listRoles (io: Io, options: Options): Promise<void> {
  await withRoles(io, options, (ports, revision) => {
    const rows = Object.entries(ports.data.roles).map(([role, { description }]) => {
      const cells = explainRole(asked({ id: '(nobody)', role, groups: [], org: '' }, io, options), ports)
      return { role, description, starts: cells.filter(({ ability, gets }) => ability === 'start' && gets === 'allow').map(({ environment }) => environment) }
    })
    const services = serviceAccounts(openIdentity(io.dataDir(options), Date.now).registry.list(), Date.now())
    io.stdout(options.json === true ? `${JSON.stringify({ revision, roles: rows, services })}\n` : services.length === 0 ? roleList(rows) : `${roleList(rows)}\n${serviceList(services)}`)
  })
}

async function explain (io: Io, actor: string | undefined, options: ExplainOptions): Promise<void> {
  const sources = sourcesOf(io, actor, options)
  await withRoles(io, options, (ports, revision) => {
    const explained = rolesOf(actor ?? '(nobody)', sources, ports).map((one) => {
      if (!Object.hasOwn(ports.data.roles, one.role)) throw new CommandFailed(`The data have no role ${one.role}: ${Object.keys(ports.data.roles).join(', ')}.`)
      return { actor: actor ?? null, role: one.role, by: one.by, description: ports.data.roles[one.role]?.description ?? '', cells: explainRole(asked(one, io, options), ports) }
    })
    io.stdout(options.json === true ? `${JSON.stringify({ revision, roles: explained })}\n` : explained.map(roleTable).join('\n'))
  })
}

/** What a role comes from: a name, or the groups of an actor. */
type Source = { readonly role: string } | { readonly groups: readonly string[] }

interface RoleOfActor extends Actor { readonly by: string | null }

function sourcesOf (io: Io, actor: string | undefined, { role, group, ...options }: ExplainOptions): readonly Source[] {
  if (role !== undefined) return [{ role }]
  if (group.length > 0) return [{ groups: group }]
  if (actor === undefined) throw new CommandFailed('Name an actor, a role with --role, or groups with --group.')
  const { registry } = openIdentity(io.dataDir(options), Date.now)
  const valid = registry.list().filter((record) => record.actor === actor && !record.revoked && record.expiresAtMs > Date.now())
  if (valid.length === 0) throw new CommandFailed(`${actor} has no valid token here; ask about a role with --role, or about groups of the identity provider with --group.`)
  // What a directory took away since counts as in a running gateway.
  return valid.map(({ role, groups = [], issuedAtMs }) => role === null ? { groups: groups.filter((name) => !registry.groupsLeft(actor, issuedAtMs).includes(name)) } : { role })
}

function rolesOf (id: string, sources: readonly Source[], { data, find }: RolePorts): readonly RoleOfActor[] {
  const roles = new Map<string, RoleOfActor>()
  for (const source of sources) {
    if ('role' in source) {
      roles.set(source.role, { id, role: source.role, groups: [], org: '', by: null })
      continue
    }
    const at = entryFor(source.groups, data.groups)
    const entry = data.groups?.roles[at]
    const place = find?.(['groups', 'roles', String(at)])
    if (entry === undefined || roles.has(entry.role)) continue
    roles.set(entry.role, { id, role: entry.role, groups: source.groups, org: '', by: `group ${entry.group}, ${place === null || place === undefined ? '' : `${place.file}:${place.row} `}groups/roles/${at}` })
  }
  if (roles.size === 0) throw new CommandFailed(`None of the groups of ${id} makes a role, so nothing is granted to it: weir/data/groups says which do.`)
  return [...roles.values()].sort((a, b) => a.role < b.role ? -1 : 1)
}

async function withRoles (io: Io, options: Options, use: (ports: RolePorts, revision: string) => void): Promise<void> {
  const dir = folderInForce(io, options)
  await withEngine(io, dir, async (engine) => {
    const find = dataPlaces((await readPolicyFolder(dir)).files)
    use({ policy: engine.current(), data: engine.data(), rules: engine.rules(), find }, engine.current().revision)
  })
}

function folderInForce (io: Io, options: Options): string {
  if (options.policy !== undefined) return resolve(io.cwd, options.policy)
  const { policies } = io.config(options)
  if (typeof policies === 'string') return policies
  throw new CommandFailed('This gateway takes its policy from a server: name a folder with --policy, or ask the gateway: GET /weir/api/v1/roles/ROLE.')
}

function asked (actor: Actor, io: Io, options: Omit<ExplainOptions, 'group'>): RoleAsked {
  const app = options.app ?? Object.keys(io.config(options).apps)[0] ?? ''
  return { actor, app, nowMs: Date.now(), ...(options.env === undefined ? {} : { environments: [options.env] }) }
}
