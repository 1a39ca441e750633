import { spawn } from 'node:child_process'
import { Command } from 'commander'
import { installedAgent } from '../sessions/installed-agent.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { readLocalToken } from './local-token.ts'
import { openLoginStore } from './login-store.ts'

interface ClientOptions { readonly url?: string, readonly config?: string, readonly dataDir?: string }

/** `weir attach`: the real OpenCode terminal client on the gateway, with the caller's token. */
export function attachCommand (io: Io): Command {
  return clientCommand('attach', 'open the OpenCode terminal client on the gateway')
    .argument('[args...]', 'further arguments for "opencode attach"')
    .action((args: readonly string[], options: ClientOptions) => runClient(io, options, (url) => ['attach', url, ...args]))
}

/** `weir run -- PROMPT`: one prompt through the real OpenCode client. */
export function runCommand (io: Io): Command {
  return clientCommand('run', 'send one prompt through OpenCode and the gateway')
    .argument('<prompt...>', 'the prompt, after --')
    .action((words: readonly string[], options: ClientOptions) => runClient(io, options, (url) => ['run', '--attach', url, '--', ...words]))
}

function clientCommand (name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

function loginAt (url: string, io: Io): string | null {
  const login = URL.canParse(url) ? openLoginStore(io.env).read(new URL(url).origin) : null
  return login === null || login.expiresAtMs <= Date.now() ? null : login.token
}

async function runClient (io: Io, options: ClientOptions, argsFor: (url: string) => string[]): Promise<void> {
  const config = io.config(options)
  const url = options.url ?? io.env['WEIR_URL'] ?? `http://${config.listen.host}:${config.listen.port}`
  const token = io.env['WEIR_TOKEN'] ?? loginAt(url, io) ?? readLocalToken(config.dataDir)
  if (token === null) throw new CommandFailed('There is no token: run "weir login", start the gateway here once, or set WEIR_TOKEN.')
  // The token goes by environment: a command line is readable by every user of the machine.
  const child = spawn(installedAgent(config.agent.command, io.env), argsFor(url), {
    stdio: 'inherit', env: { ...io.env, OPENCODE_SERVER_PASSWORD: token, OPENCODE_DISABLE_AUTOUPDATE: '1' },
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status, signal) => resolve(status ?? (signal === null ? 1 : 128)))
  })
  process.exitCode = code
}
