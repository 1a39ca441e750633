import { Command, InvalidArgumentError, Option } from 'commander'
import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { durationMs } from '../duration.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { isServiceActor, serviceActor } from '../identity/service-account.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

interface CreateOptions {
  readonly actor?: string
  readonly service?: string
  readonly role: string
  readonly app?: string
  readonly env?: Environment
  readonly org: string
  readonly group: readonly string[]
  readonly ttl?: number
  readonly json?: boolean
  readonly config?: string
  readonly dataDir?: string
}

interface CommonOptions { readonly json?: boolean, readonly config?: string, readonly dataDir?: string }

/** `weir token create|list|revoke`: tokens of the embedded identity provider. */
export function tokenCommand (io: Io): Command {
  const token = new Command('token').description('make, list and revoke tokens of the embedded identity provider')
  token.command('create')
    .description('make a token and print it; it is stored nowhere')
    .option('--actor <id>', 'who it speaks for, e.g. alice@acme.test')
    .option('--service <name>', 'instead: a service account, e.g. ci-deploy; needs --app and --env, and is short (tokens.serviceTtl)')
    .requiredOption('--role <role>', 'the actor\'s role in policy data, e.g. author')
    .option('--app <app>', 'limit it to one app')
    .addOption(new Option('--env <environment>', 'limit it to one environment').choices(ENVIRONMENTS))
    .option('--org <org>', 'the actor\'s organisation', 'local')
    .option('--group <group>', 'a group of the actor (repeatable)', (group: string, all: readonly string[]) => [...all, group], [] as readonly string[])
    .option('--ttl <duration>', 'how long it is valid (default: 12h; of a service account, tokens.serviceTtl)', parseTtl)
    .option('--json', 'print the token\'s record as JSON too')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((options: CreateOptions) => createToken(io, options))
  token.command('list')
    .description('list issued tokens (never the tokens themselves)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((options: CommonOptions) => listTokens(io, options))
  token.command('revoke')
    .description('revoke a token, or all tokens of an actor; a running gateway refuses them within a second')
    .argument('[id]', 'the token\'s id, from "weir token list"')
    .option('--actor <id>', 'all tokens of this actor issued until now, those of single sign-on too')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((id: string | undefined, options: CommonOptions & { readonly actor?: string }) => revokeToken(io, id, options))
  return token
}

function createToken (io: Io, options: CreateOptions): void {
  const { actor, ttlMs } = options.service === undefined ? personOf(options) : serviceOf(options.service, io, options)
  const identity = openIdentity(io.dataDir(options), Date.now)
  const issued = identity.provider.issue({
    actor,
    role: options.role,
    groups: options.group,
    org: options.org,
    app: options.app ?? null,
    environment: options.env ?? null,
    ttlMs,
  })
  io.stdout(options.json === true ? `${JSON.stringify({ token: issued.token, ...issued.record })}\n` : `${issued.token}\n`)
}

interface TokenOf { readonly actor: string, readonly ttlMs: number }

function personOf ({ actor, ttl }: CreateOptions): TokenOf {
  if (actor === undefined) throw new CommandFailed('Name an actor with --actor, or a service account with --service.')
  if (isServiceActor(actor)) throw new CommandFailed('That is the name of a service account: use --service.')
  return { actor, ttlMs: ttl ?? durationMs('12h') }
}

function serviceOf (name: string, io: Io, options: CreateOptions): TokenOf {
  const actor = serviceActor(name)
  if (options.actor !== undefined || actor === null) throw new CommandFailed('A service account has a name of small letters, digits, dots, dashes and underscores, and no --actor.')
  if (options.app === undefined || options.env === undefined) throw new CommandFailed('A service account is for one app and one environment: name them with --app and --env.')
  const { serviceTtlMs } = io.config(options).tokens
  const ttlMs = options.ttl ?? serviceTtlMs
  if (ttlMs > serviceTtlMs) throw new CommandFailed('That is longer than tokens of service accounts may live here (tokens.serviceTtl).')
  return { actor, ttlMs }
}

function listTokens (io: Io, options: CommonOptions): void {
  const tokens = openIdentity(io.dataDir(options), Date.now).registry.list()
  if (options.json === true) return io.stdout(`${JSON.stringify(tokens)}\n`)
  for (const token of tokens) {
    const state = token.revoked ? 'revoked' : token.expiresAtMs <= Date.now() ? 'expired' : 'valid'
    io.stdout(`${token.id}  ${state.padEnd(7)}  ${token.actor}  ${token.role}  ${token.app ?? 'any app'}  ${token.environment ?? 'any environment'}  until ${new Date(token.expiresAtMs).toISOString()}\n`)
  }
}

function revokeToken (io: Io, id: string | undefined, options: CommonOptions & { readonly actor?: string }): void {
  const { registry } = openIdentity(io.dataDir(options), Date.now)
  const { actor } = options
  if (actor !== undefined && id === undefined) {
    const nowMs = Date.now()
    registry.add({ revokedActor: actor, beforeMs: nowMs, atMs: nowMs })
    return io.stdout(options.json === true ? `${JSON.stringify({ actor, revoked: true, beforeMs: nowMs })}\n` : `All tokens of ${actor} are revoked.\n`)
  }
  if (id === undefined || actor !== undefined) throw new CommandFailed('Name a token by its id, or an actor with --actor.')
  if (!registry.list().some((token) => token.id === id)) throw new CommandFailed(`There is no token ${id} here; "weir token list" shows the ids.`)
  registry.add({ revoked: id, atMs: Date.now() })
  io.stdout(options.json === true ? `${JSON.stringify({ id, revoked: true })}\n` : `${id} is revoked.\n`)
}

function parseTtl (text: string): number {
  try {
    return durationMs(text)
  } catch {
    throw new InvalidArgumentError('a duration is a number and a unit, such as 30m, 12h or 7d')
  }
}
