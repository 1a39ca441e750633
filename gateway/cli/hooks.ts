import { Command } from 'commander'
import type { DeadLetter } from '../hooks/hook-files.ts'
import type { Hooks, ListedHook } from '../hooks/hooks.ts'
import { aligned } from './aligned.ts'
import { askGateway } from './ask-gateway.ts'
import { printable } from './entry-format.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

interface HookOptions { readonly url?: string, readonly json?: boolean, readonly config?: string, readonly dataDir?: string }
interface RetryOptions extends HookOptions { readonly id?: readonly string[] }

/** `weir hooks list|test|dead|retry`: the webhooks of a running gateway. */
export function hooksCommand (io: Io): Command {
  const hooks = new Command('hooks').description('list and test webhooks, and send again what could not be delivered')
  withOptions(hooks.command('list').description('list the configured hooks and how they stand'))
    .action(async (options: HookOptions) => await list(io, options))
  withOptions(hooks.command('test').description('send a test event and say what came back').argument('<name>'))
    .action(async (name: string, options: HookOptions) => await test(io, name, options))
  withOptions(hooks.command('dead').description('list the events that were put aside, oldest first').argument('<name>'))
    .action(async (name: string, options: HookOptions) => await listDead(io, name, options))
  withOptions(hooks.command('retry').description('send what was put aside once more').argument('<name>'))
    .option('--id <event...>', 'only these events; without it, all of them')
    .action(async (name: string, options: RetryOptions) => await retry(io, name, options))
  return hooks
}

async function list (io: Io, options: HookOptions): Promise<void> {
  const { hooks } = await ask(io, options, 'GET', '') as { hooks: readonly ListedHook[] }
  if (options.json === true) return io.stdout(`${JSON.stringify(hooks)}\n`)
  if (hooks.length === 0) return io.stdout('No hooks are configured (docs/hooks.md).\n')
  const rows = hooks.map(({ name, origin, events, delivered, failed, dead, trying }) => [name, origin, events.join(' '), String(delivered), String(failed), String(dead), trying === null ? '-' : `${trying.type}: ${trying.problem ?? 'first attempt'}`])
  for (const line of aligned([['name', 'receiver', 'events', 'delivered', 'failed', 'dead', 'trying'], ...rows], 7)) io.stdout(line)
}

async function test (io: Io, name: string, options: HookOptions): Promise<void> {
  const sent = await ask(io, options, 'POST', `/${encodeURIComponent(name)}/test`) as Awaited<ReturnType<Hooks['test']>>
  if (options.json === true) io.stdout(`${JSON.stringify(sent)}\n`)
  if (sent.kind !== 'delivered') throw new CommandFailed(`The test event ${sent.id} was not delivered: ${sent.problem} (after ${sent.ms} ms).`)
  if (options.json !== true) io.stdout(`The receiver answered ${sent.status} to ${sent.id} after ${sent.ms} ms.\n`)
}

async function listDead (io: Io, name: string, options: HookOptions): Promise<void> {
  const { dead } = await ask(io, options, 'GET', `/${encodeURIComponent(name)}/dead`) as { dead: readonly DeadLetter[] }
  if (options.json === true) return io.stdout(`${JSON.stringify(dead)}\n`)
  for (const { id, type, entry, attempts, problem, atMs } of dead) {
    io.stdout(`${printable(`${id}  ${new Date(atMs).toISOString()}  ${type}  entry ${entry}  ${attempts} attempt${attempts === 1 ? '' : 's'}  ${problem}`)}\n`)
  }
}

async function retry (io: Io, name: string, options: RetryOptions): Promise<void> {
  const done = await ask(io, options, 'POST', `/${encodeURIComponent(name)}/retry`, options.id === undefined ? undefined : { ids: options.id }) as Awaited<ReturnType<Hooks['retry']>>
  if (options.json === true) return io.stdout(`${JSON.stringify(done)}\n`)
  io.stdout(`${done.delivered} delivered, ${done.failed} not.\n`)
  if (done.problem !== null) throw new CommandFailed(`The rest was not tried: ${done.problem}.`)
}

function withOptions (command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

async function ask (io: Io, options: HookOptions, method: string, path: string, body?: object): Promise<unknown> {
  return await askGateway(io, options, { method, path: `/hooks${path}`, body, whose: 'an operator' })
}
