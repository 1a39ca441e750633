import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ENVIRONMENTS, type Actor, type Environment } from '../core/actor.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { dataPlaces } from '../policy/data/data-places.ts'
import { readPolicyFolder } from '../policy/policy-folder.ts'
import { explainRole, type RoleAsked, type RolePorts } from '../policy/roles/explain-role.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { withEngine } from './policy/open-policy.ts'
import { roleList, roleTable } from './role-table.ts'

const HELP = `
Every row is the answer of the compiled policy to the plainest call of its kind, and the line of data that is for it. "nothing" with a
rule of its own is not a missing grant: read the rule.

Examples:
  $ weir roles explain alice@acme.test --env PROD
  $ weir roles explain --role author --policy ./policies
`

interface Options { readonly json?: boolean, readonly policy?: string, readonly config?: string, readonly dataDir?: string }
interface ExplainOptions extends Options { readonly role?: string, readonly app?: string, readonly env?: Environment }

/** `weir roles list|explain`: what roles may do, asked of the policy in a folder. Needs no running gateway. */
export function rolesCommand (io: Io): Command {
  const roles = new Command('roles').description('what each role may do, by which rule and line of data')
  withOptions(roles.command('list').description('the roles there are, and where each may start a session')).action((options: Options) => listRoles(io, options))
  withOptions(roles.command('explain').description('what a role, or an actor by the roles of its tokens, may do in each environment'))
    .argument('[actor]', 'an actor with a token of the embedded identity provider')
    .option('--role <role>', 'the role itself, whoever has it')
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
    io.stdout(options.json === true ? `${JSON.stringify({ revision, roles: rows })}\n` : roleList(rows))
  })
}

async function explain (io: Io, actor: string | undefined, options: ExplainOptions): Promise<void> {
  const actors = actorsOf(io, actor, options)
  await withRoles(io, options, (ports, revision) => {
    const explained = actors.map((one) => {
      if (!Object.hasOwn(ports.data.roles, one.role)) throw new CommandFailed(`The data have no role ${one.role}: ${Object.keys(ports.data.roles).join(', ')}.`)
      return { actor: actor ?? null, role: one.role, description: ports.data.roles[one.role]?.description ?? '', cells: explainRole(asked(one, io, options), ports) }
    })
    io.stdout(options.json === true ? `${JSON.stringify({ revision, roles: explained })}\n` : explained.map(roleTable).join('\n'))
  })
}

function actorsOf (io: Io, actor: string | undefined, options: ExplainOptions): readonly Actor[] {
  const id = actor ?? '(nobody)'
  if (options.role !== undefined) return [{ id, role: options.role, groups: [], org: '' }]
  if (actor === undefined) throw new CommandFailed('Name an actor, or a role with --role.')
  const records = openIdentity(io.dataDir(options), Date.now).registry.list()
  const roles = new Set(records.filter((record) => record.actor === actor && !record.revoked && record.expiresAtMs > Date.now()).flatMap(({ role }) => role ?? []))
  if (roles.size === 0) throw new CommandFailed(`${actor} has no valid token here that names a role; ask about one with --role.`)
  return [...roles].sort().map((role) => ({ id, role, groups: [], org: '' }))
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

function asked (actor: Actor, io: Io, options: ExplainOptions): RoleAsked {
  const app = options.app ?? Object.keys(io.config(options).apps)[0] ?? ''
  return { actor, app, nowMs: Date.now(), ...(options.env === undefined ? {} : { environments: [options.env] }) }
}
