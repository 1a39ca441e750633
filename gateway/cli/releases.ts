import { Command, Option } from 'commander'
import { ENVIRONMENTS } from '../core/actor.ts'
import type { CheckResult, Pointing } from '../releases/release.ts'
import type { CheckRun } from '../releases/run-check.ts'
import type { ShownRelease } from '../releases/releases.ts'
import type { HistoryRow } from '../store/release-history.ts'
import { aligned } from './aligned.ts'
import { askGateway } from './ask-gateway.ts'
import { printable } from './entry-format.ts'
import { exportCommand } from './export-release.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { verifyCommand } from './verify-release.ts'

interface ReleaseOptions { readonly url?: string, readonly json?: boolean, readonly app?: string, readonly env?: string, readonly config?: string, readonly dataDir?: string }
interface CheckOptions extends ReleaseOptions { readonly name: string }
interface RollbackOptions extends ReleaseOptions { readonly to?: string }
interface HistoryOptions extends ReleaseOptions { readonly limit?: string }
interface Listed { readonly app: string, readonly environments: Readonly<Record<string, Pointing | null>>, readonly releases: readonly ShownRelease[] }

const SLOW_MS = 24 * 3_600_000 // a check may run as long as `agent.limits.command` lets it

/** `weir releases …`: pinned states of a project, and the environments that point at them. */
export function releasesCommand (io: Io): Command {
  const releases = new Command('releases').description('make and check releases, point environments at them, go back')
  withOptions(releases.command('list').description('list releases, oldest first, and where the environments point')).option(...APP)
    .action(async (options: ReleaseOptions) => await list(io, options))
  withOptions(releases.command('show').description('show one: what it holds, what it passed, where it is').argument('<id>'))
    .action(async (id: string, options: ReleaseOptions) => print(io, options, await ask(io, options, 'GET', `/${encodeURIComponent(id)}`), (shown) => releasePage(shown as ShownRelease)))
  withOptions(releases.command('create').description('make a release of what the environment\'s branch holds')).option(...APP).addOption(envOption('whose branch (default: the token\'s, or DEV)'))
    .action(async (options: ReleaseOptions) => await create(io, options))
  withOptions(releases.command('check').description('have a configured check run on a release, in a sandbox').argument('<id>')).option('--name <check>', 'which: test is the app\'s testCommand', 'test')
    .action(async (id: string, options: CheckOptions) => await check(io, id, options))
  withOptions(releases.command('promote').description('point an environment at a release').argument('<id>')).addOption(envOption('which').makeOptionMandatory())
    .action(async (id: string, options: ReleaseOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/promote`, { env: options.env }), pointedLine))
  withOptions(releases.command('rollback').description('point an environment at the release before, or at one that it had')).option(...APP).addOption(envOption('which').makeOptionMandatory()).option('--to <id>', 'a release that it had')
    .action(async (options: RollbackOptions) => print(io, options, await ask(io, options, 'POST', '/rollback', { ...appOf(options), env: options.env, ...(options.to === undefined ? {} : { release: options.to }) }), pointedLine))
  withOptions(releases.command('history').description('what ran where and who let it, newest first, by the ledger')).option(...APP).addOption(envOption('of one environment')).option('--limit <n>', 'how many (default 100, at most 1000)')
    .action(async (options: HistoryOptions) => await history(io, options))
  withOptions(releases.command('key').description('print the public key that releases are signed with, for "weir releases verify --public-key"'))
    .action(async (options: ReleaseOptions) => print(io, options, await ask(io, options, 'GET', '/key'), (answer) => (answer as { publicKey: string }).publicKey))
  releases.addCommand(exportCommand(io))
  releases.addCommand(verifyCommand(io))
  return releases
}

const APP = ['--app <name>', 'of which app (default: the token\'s, or the first)'] as const

function envOption (description: string): Option {
  return new Option('--env <environment>', description).choices(ENVIRONMENTS)
}

async function list (io: Io, options: ReleaseOptions): Promise<void> {
  const found = await ask(io, options, 'GET', queryOf(appOf(options))) as Listed
  if (options.json === true) return io.stdout(`${JSON.stringify(found)}\n`)
  if (found.releases.length === 0) return io.stdout(`${found.app} has no release yet (docs/releases.md).\n`)
  const rows = found.releases.map(({ id, commit, environment, madeBy, madeAtMs, checks, environments }) => [id, commit.slice(0, 12), environment, madeBy, new Date(madeAtMs).toISOString(), checksText(checks), environments.join(' ') || '-'])
  for (const line of aligned([['release', 'commit', 'from', 'made by', 'made', 'checks', 'runs in'], ...rows], 7)) io.stdout(line)
}

async function create (io: Io, options: ReleaseOptions): Promise<void> {
  const made = await ask(io, options, 'POST', '', { ...appOf(options), ...(options.env === undefined ? {} : { env: options.env }) }, SLOW_MS)
  print(io, options, made, (answer) => {
    const { id, commit, isNew, madeBy, withheld } = answer as ShownRelease & { isNew: boolean }
    const left = withheld === 0 ? '' : ` ${withheld} files that agents may not see are not in it.`
    return `${id} ${isNew ? 'is made' : `was made already by ${printable(madeBy)}`} of commit ${commit.slice(0, 12)}.${left}\n`
  })
}

async function check (io: Io, id: string, options: CheckOptions): Promise<void> {
  const run = await ask(io, options, 'POST', `/${encodeURIComponent(id)}/checks`, { name: options.name }, SLOW_MS) as CheckRun
  const { passed, how, code } = run.check
  if (options.json === true) io.stdout(`${JSON.stringify(run)}\n`)
  // What a project prints must not steer the terminal.
  else io.stdout(`${run.output.split('\n').map(printable).join('\n')}\n`)
  if (!passed) throw new CommandFailed(`${options.name} did not pass: it ${how} with code ${code}.`)
  if (options.json !== true) io.stdout(`${options.name} passed on ${id}.\n`)
}

async function history (io: Io, options: HistoryOptions): Promise<void> {
  const query = { ...appOf(options), ...(options.env === undefined ? {} : { env: options.env }), ...(options.limit === undefined ? {} : { limit: options.limit }) }
  const found = await ask(io, options, 'GET', `/history${queryOf(query)}`) as { history: readonly HistoryRow[], head: number, mirrored: number }
  if (options.json === true) return io.stdout(`${JSON.stringify(found)}\n`)
  if (found.mirrored < found.head) io.stderr(`The store is ${found.head - found.mirrored} entries behind the ledger; what was last done may be missing.\n`)
  const rows = found.history.map(({ atMs, environment, action, release, from, by, approvedBy, rule, decision }) => [new Date(atMs).toISOString(), environment, action, release, from ?? '-', by, approvedBy ?? '-', rule ?? '-', String(decision)])
  for (const line of aligned([['time', 'env', 'what', 'release', 'before', 'asked by', 'approved by', 'rule', 'entry'], ...rows], 8)) io.stdout(line)
}

function releasePage (shown: ShownRelease): string {
  const { archive, checks, environments, environment, source, commit } = shown
  const facts: ReadonlyArray<readonly [string, string]> = [
    ['release', shown.id], ['app', shown.app], ['digest', shown.digest], ['commit', commit], ['tree', shown.tree],
    ['made of', `${source === commit ? 'the same commit' : source}, ${environment}`],
    ['made by', `${shown.madeBy} at ${new Date(shown.madeAtMs).toISOString()} (ledger entry ${shown.entry})`],
    ['archive', `${archive.files} files, ${archive.bytes} bytes, SHA-256 ${archive.sha256}`],
    ['withheld', String(shown.withheld)], ['policy', shown.revision], ['signed by', shown.key], ['checks', checksText(checks)], ['runs in', environments.join(' ') || '-'],
  ]
  return facts.map(([name, value]) => `${`${name}:`.padEnd(11)}${printable(value)}\n`).join('')
}

function checksText (checks: readonly CheckResult[]): string {
  return checks.map(({ name, passed }) => `${name} ${passed ? 'passed' : 'FAILED'}`).join(', ') || '-'
}

function pointedLine (answer: unknown): string {
  const { app, environment, id, from } = answer as Pointing
  return `${printable(app)}/${environment} points at ${id}${from === null ? '' : `, before at ${from}`}.\n`
}

function appOf ({ app }: ReleaseOptions): { readonly app?: string } {
  return app === undefined ? {} : { app }
}

function queryOf (values: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(values)
  return query.size === 0 ? '' : `?${query.toString()}`
}

function print (io: Io, options: ReleaseOptions, answer: unknown, text: (answer: unknown) => string): void {
  io.stdout(options.json === true ? `${JSON.stringify(answer)}\n` : text(answer))
}

function withOptions (command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

async function ask (io: Io, options: ReleaseOptions, method: string, path: string, body?: object, waitMs?: number): Promise<unknown> {
  return await askGateway(io, options, { method, path: `/releases${path}`, body, whose: 'somebody who may do this', waitMs })
}
