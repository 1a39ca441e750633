import { Command } from 'commander'
import { heldLine, heldPage, type Held, type HeldInFull } from '../approvals/approval-text.ts'
import { durationMs } from '../duration.ts'
import { askGateway } from './ask-gateway.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

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
  withOptions(approvals.command('approve').description('let waiting calls and changes through: once, unless an option says otherwise').argument('<id...>'))
    .option('--session', 'also the same call again in the same session')
    .option('--for <duration>', 'also the same call again for this long, e.g. 2h, in any session of who asked')
    .action(async (ids: string[], options: ApproveOptions) => {
      const consent = consentOf(options)
      for (const id of ids) print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/approve`, consent), 'given')
    })
  withOptions(approvals.command('deny').description('refuse waiting calls and changes').argument('<id...>').requiredOption('--reason <text>', 'why; the requester reads it'))
    .action(async (ids: string[], options: ApprovalOptions) => {
      for (const id of ids) print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/deny`, { reason: options.reason }))
    })
  withOptions(approvals.command('revoke').description('take back an approval that was given').argument('<id>').requiredOption('--reason <text>', 'why'))
    .action(async (id: string, options: ApprovalOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/revoke`, { reason: options.reason })))
  return approvals
}

async function list (io: Io, options: ListOptions): Promise<void> {
  const query = new URLSearchParams()
  for (const name of FILTERS) if (options[name] !== undefined) query.set(name, options[name])
  const page = await ask(io, options, 'GET', query.size === 0 ? '' : `?${query.toString()}`) as { approvals: Held[], nextCursor: string | null }
  const more = page.nextCursor === null ? '' : `More: --after ${page.nextCursor}\n`
  if (options.json === true) {
    io.stdout(`${JSON.stringify(page.approvals)}\n`)
    // Beside the JSON: who reads it must not take one page for the whole queue.
    return io.stderr(more)
  }
  for (const held of page.approvals) io.stdout(heldLine(held))
  io.stdout(more)
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

function print (io: Io, options: ApprovalOptions, answer: unknown, said?: string): void {
  const { id, state, useless } = answer as Held
  if (options.json === true) return io.stdout(`${JSON.stringify(answer)}\n`)
  // An agent that waited has made its call by now, which used the approval up.
  if (said === 'given' && state === 'used') return io.stdout(`${id} is given, and its call has passed.\n`)
  io.stdout(`${id} is ${state}.${state === 'given' && useless === 'session-ended' ? ' Its session has ended, so it covers nothing any more.' : ''}\n`)
}

async function ask (io: Io, options: ApprovalOptions, method: string, path: string, body?: object): Promise<unknown> {
  return await askGateway(io, options, { method, path: `/approvals${path}`, body, whose: 'a person who may approve' })
}
