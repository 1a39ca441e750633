import { Command } from 'commander'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { readLocalToken } from './local-token.ts'

interface ApprovalOptions { readonly url?: string, readonly json?: boolean, readonly reason?: string, readonly config?: string, readonly dataDir?: string }
interface Held { readonly id: string, readonly state: string, readonly requestedBy: string, readonly app: string, readonly environment: string, readonly rule: string, readonly command: string | null, readonly targets: ReadonlyArray<{ readonly path: string }> }

/** `weir approvals list|approve|deny`: the queue of a running gateway, as the token's actor may see and decide it. */
export function approvalsCommand (io: Io): Command {
  const approvals = new Command('approvals').description('list, approve and deny calls that policy leaves to a second person')
  withOptions(approvals.command('list').description('list what waits and what was said'))
    .action(async (options: ApprovalOptions) => {
      const { approvals: held } = await ask(io, options, 'GET', '') as { approvals: Held[] }
      if (options.json === true) return io.stdout(`${JSON.stringify(held)}\n`)
      for (const one of held) io.stdout(`${one.id}  ${one.state.padEnd(7)}  ${one.requestedBy}  ${one.app}/${one.environment}  ${one.rule}  ${one.command ?? one.targets.map((target) => target.path).join(' ')}\n`)
    })
  withOptions(approvals.command('approve').description('let a waiting call through, once').argument('<id>'))
    .action(async (id: string, options: ApprovalOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/approve`, {})))
  withOptions(approvals.command('deny').description('refuse a waiting call').argument('<id>').requiredOption('--reason <text>', 'why; the requester reads it'))
    .action(async (id: string, options: ApprovalOptions) => print(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(id)}/deny`, { reason: options.reason })))
  return approvals
}

function withOptions (command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

function print (io: Io, options: ApprovalOptions, said: unknown): void {
  const { id, state } = said as Held
  io.stdout(options.json === true ? `${JSON.stringify(said)}\n` : `${id} is ${state}.\n`)
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
