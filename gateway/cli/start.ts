import { Command, InvalidArgumentError } from 'commander'
import type { Config } from '../config.ts'
import { UNCONTAINED, UNSAFE_FLAG } from '../containment.ts'
import { openIdentity } from '../identity/open-identity.ts'
import { journalDirOf } from '../ledger/journal.ts'
import { DATA_OPTIONS, type Io } from './io.ts'
import { ensureLocalToken, localTokenFile } from './local-token.ts'

interface StartOptions { readonly config?: string, readonly host?: string, readonly port?: number, readonly dataDir?: string, readonly allowOlderPolicy?: boolean, readonly unsafeRunAgentsWithoutASandbox?: boolean, readonly json?: boolean }

/** `weir start`: runs the gateway until it is told to end. */
export function startCommand (io: Io): Command {
  return new Command('start')
    .description('run the gateway')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on (default: 4000)', parsePort)
    .option('--allow-older-policy', 'take the bundle server\'s bundle at this start even if it was signed before the last one in force')
    .option(UNSAFE_FLAG, 'with agent.sandbox: none in the configuration, and only then: run agents and their commands without a sandbox. They can read and change whatever you can; every ledger entry says so')
    .option('--json', 'print address, token and data directory as one line of JSON when ready')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action((options: StartOptions) => start(io, options))
}

async function start (io: Io, options: StartOptions): Promise<void> {
  const config = io.config(options)
  // Loaded here: every other command starts without the modules of the gateway, in two thirds of the time.
  const [{ openGateway }, { openLog }] = await Promise.all([import('../gateway.ts'), import('../log.ts')])
  const log = openLog(io.env['WEIR_LOG_LEVEL'] ?? 'warn')
  const identity = openIdentity(config.dataDir, Date.now)
  const gateway = await openGateway({ config, identity, log, env: io.env })
  try {
    const url = await gateway.listen()
    const token = ensureLocalToken(config.dataDir, identity, Object.keys(config.apps)[0] ?? 'shop')
    io.stdout(options.json === true ? `${JSON.stringify({ url, token, dataDir: config.dataDir, ...(config.agent.sandbox === 'none' ? { containment: config.agent.sandbox } : {}) })}\n` : banner(url, token, config, gateway.revision()))
    await untilToldToEnd(gateway.reload)
  } finally {
    await gateway.close()
  }
}

function banner (url: string, token: string, config: Config, revision: string): string {
  const unsafe = config.agent.sandbox === 'none' ? `\n  UNSAFE    ${UNCONTAINED}\n` : ''
  const tokenFile = localTokenFile(config.dataDir)
  return `
Weir is ready at ${url}
${unsafe}
  token     ${token}
            (kept in ${tokenFile})
  attach    OPENCODE_SERVER_PASSWORD="$(cat ${tokenFile})" opencode attach ${url}
            or, without an opencode of your own:  npx weir attach
  prompt    npx weir run -- "show me what you may do"
  console   ${url}/weir/console
  models    ${Object.keys(config.providers).join(', ') || 'none configured: a scripted demo model answers'}
  policy    ${policyPlace(config)}  (revision ${revision.slice(0, 12)})
  ledger    ${journalDirOf(config.dataDir)}
            npx weir audit query · npx weir audit verify

Ctrl-C ends it.
`
}

// The query of an address may hold a signature.
function policyPlace ({ policies }: Config): string {
  if (typeof policies === 'string') return policies
  const { origin, pathname } = new URL(policies.bundle)
  return `${origin}${pathname}`
}

/** Resolves at the first SIGINT or SIGTERM; SIGHUP reloads policy. */
async function untilToldToEnd (reload: () => Promise<unknown>): Promise<void> {
  process.on('SIGHUP', () => { void reload() })
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

function parsePort (text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
  return port
}
