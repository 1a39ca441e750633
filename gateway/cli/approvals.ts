import { Command } from 'commander'
import { durationMs } from '../duration.ts'
import { heldLine, heldPage, type Held, type HeldInFull } from './approval-text.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { readLocalToken } from './local-token.ts'

interface ApprovalOptions { readonly url?: string, readonly json?: boolean, readonly reason?: string, readonly config?: string, readonly dataDir?: string }
interface ListOptions extends ApprovalOptions { readonly state?: string, readonly app?: string, readonly env?: string, readonly requestedBy?: string, readonly permission?: string, readonly session?: string, readonly limit?: string, readonly after?: string }
interface ApproveOptions extends ApprovalOptions { readonly session?: boolean, readonly for?: string }

const FILTERS = ['state', 'app', 'env', 'requestedBy', 'permission', 'session', 'limit', 'after'] as const

/** `weir approvals list|show|approve|deny|revoke`: the queue of a running gateway, as the token's actor may see and decide it. */
export function approvalsCommand (io: Io): Command {
  const approvals = new Command('approvals').description('list, approve and deny calls that policy leaves to a second person')
  withOptions(approvals.command('list').description('list what waits and what was said, oldest first'))
    .option('--state <state>', 'waiting, given, refused, used or revoked')
    .option('--app <name>', 'of one app').option('--env <name>', 'of one environment')
    .option('--requested-by <actor>', 'asked for by one person').option('--permission <name>', 'that need one permission').option('--session <id>', 'of one session')
    .option('--limit <n>', 'how many (default 100, at most 10000)').option('--after <cursor>', 'go on after a page that ended with this cursor')
    .action(async (options: ListOptions) => await list(io, options))
  withOptions(approvals.command('show').description('show one in full: the call, or what it changes').argument('<id>'))
    .action(async (id: string, options: ApprovalOptions) => {
      const held = await ask(io, options, 'GET', `/${encodeURIComponent(id)}`) as HeldInFull
      io.stdout(options.json === true ? `${JSON.stringify(held)}\n` : heldPage(held))
    })
  withOptions(approvals.command('approve').description('let a waiting call through: once, unless an option says otherwise').argument('<id>'))
    .option('--session', 'also the same call again in the same session')
    .option('--for <duration>', 'also the same call again for this long, e.g. 2h, in any session of who asked')
    .action(async (id: string, options: ApproveOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/approve`, consentOf(options))))
  withOptions(approvals.command('deny').description('refuse a waiting call').argument('<id>').requiredOption('--reason <text>', 'why; the requester reads it'))
    .action(async (id: string, options: ApprovalOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/deny`, { reason: options.reason })))
  withOptions(approvals.command('revoke').description('take back an approval that was given').argument('<id>').requiredOption('--reason <text>', 'why'))
    .action(async (id: string, options: ApprovalOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/revoke`, { reason: options.reason })))
  return approvals
}

async function list (io: Io, options: ListOptions): Promise<void> {
  const query = new URLSearchParams()
  for (const name of FILTERS) if (options[name] !== undefined) query.set(name, options[name])
  const page = await ask(io, options, 'GET', query.size === 0 ? '' : `?${query.toString()}`) as { approvals: Held[], nextCursor: string | null }
  if (options.json === true) return io.stdout(`${JSON.stringify(page.approvals)}\n`)
  for (const held of page.approvals) io.stdout(heldLine(held))
  if (page.nextCursor !== null) io.stdout(`More: --after ${page.nextCursor}\n`)
}

function consentOf ({ session, for: time }: ApproveOptions): object {
  if (session === true && time !== undefined) throw new CommandFailed('Give --session or --for, not both.')
  if (time !== undefined) return { scope: 'until', until: Date.now() + durationMs(time) }
  return session === true ? { scope: 'session' } : {}
}

function withOptions (command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

function print (io: Io, options: ApprovalOptions, said: unknown): void {
  const { id, state, useless } = said as Held
  if (options.json === true) return io.stdout(`${JSON.stringify(said)}\n`)
  io.stdout(`${id} is ${state}.${state === 'given' && useless === 'session-ended' ? ' Its session has ended, so it covers nothing any more.' : ''}\n`)
}

async function ask (io: Io, options: ApprovalOptions, method: string, path: string, body?: object): Promise<unknown> {
  const config = io.config(options)
  const url = options.url ?? io.env['WEIR_URL'] ?? `http://${config.listen.host}:${config.listen.port}`
  const token = io.env['WEIR_TOKEN'] ?? readLocalToken(config.dataDir)
  if (token === null) throw new CommandFailed('There is no token: set WEIR_TOKEN to one of a person who may approve.')
  const answer = await fetch(`${url}/weir/api/v1/approvals${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => { throw new CommandFailed(`No gateway answers at ${url}.`, { cause }) })
  const value = await answer.json() as { error?: { message: string } }
  if (!answer.ok) throw new CommandFailed(value.error?.message ?? `The gateway answered ${answer.status}.`)
  return value
}
