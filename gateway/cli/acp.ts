import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import { editorConfig } from '../../adapters/opencode/editor-config.ts'
import { startBareAgent, startEditorAgent, type StdioAgent } from '../../sandbox/editor-agent.ts'
import { INSIDE } from '../../sandbox/sandbox.ts'
import { createPolicyDoor } from '../acp/ask-policy.ts'
import { governAcp } from '../acp/govern-acp.ts'
import { openModelDoor } from '../acp/model-door.ts'
import { createPlaces, WORKSPACE } from '../acp/places.ts'
import { installedAgent } from '../sessions/installed-agent.ts'
import { askGateway, gatewayOf, type GatewayOptions } from './ask-gateway.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

interface AcpOptions extends GatewayOptions { readonly project?: string, readonly sandbox: boolean }

const WHOSE = 'whoever works in the editor'

/** `weir acp -- opencode acp`: an agent for editors, governed. */
export function acpCommand (io: Io): Command {
  return new Command('acp')
    .description('govern an agent that an editor starts and speaks to by the Agent Client Protocol')
    .argument('<command...>', 'the agent, after --: opencode acp')
    .option('--project <dir>', 'the folder that it works on (default: where it is started)')
    .option('--no-sandbox', 'start the agent without walls, with its own way to models: only what it asks its editor for is governed')
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (command: [string, ...string[]], options: AcpOptions) => await serve(io, command, options))
}

async function serve (io: Io, command: readonly [string, ...string[]], options: AcpOptions): Promise<void> {
  const { url, token } = gatewayOf(io, options, WHOSE)
  // Before anything starts: without a gateway nothing could be decided.
  const callers = await askGateway(io, options, { method: 'GET', path: '/opencode', whose: WHOSE })
  const places = createPlaces(options.project ?? io.cwd, options.sandbox)
  const agent = options.sandbox ? await walled(io, command, options, { url, token, callers, project: places.root }) : startBareAgent(command, places.root, bareEnvironment(io.env))
  const onWarning = (text: string): void => { io.stderr(`weir acp: ${text}\n`) }
  const policy = createPolicyDoor({ url, token, cwd: WORKSPACE, onUndecided: (problem) => onWarning(`the gateway could not be asked: ${problem}`) })
  const asked = governAcp({ editor: { source: process.stdin, sink: process.stdout }, agent: { source: agent.stdout, sink: agent.stdin }, places, policy, onWarning })
  const ended = await Promise.race([asked.then(() => null), agent.ended])
  agent.kill()
  await agent.ended
  process.stdin.destroy()
  if (ended !== null && ended !== 0) throw new CommandFailed(`The agent ended with code ${ended}.`)
}

interface Walled { readonly url: string, readonly token: string, readonly callers: unknown, readonly project: string }

async function walled (io: Io, [program, ...args]: readonly [string, ...string[]], options: AcpOptions, { url, token, callers, project }: Walled): Promise<StdioAgent> {
  const isOpencode = basename(program) === 'opencode' && args[0] === 'acp'
  if (!isOpencode) throw new CommandFailed('Only "opencode acp" is started inside walls; for another agent say --no-sandbox, and read what that leaves open.')
  const config = editorConfig(callers, INSIDE.modelBaseUrl)
  if (config === null) throw new CommandFailed('The gateway offers you no model.')
  return await startEditorAgent({
    project: realpathSync(project),
    agentBinary: installedAgent(io.config(options).agent.command, io.env),
    agentArguments: args,
    config,
    openModels: async (socketPath) => await openModelDoor(socketPath, url, token),
  })
}

// Without walls it can read the user's files anyway; it need not be handed the token. OpenCode is told to ask, whatever its configuration says.
function bareEnvironment (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('WEIR_')))
  return { ...own, OPENCODE_PERMISSION: '{"*":"ask"}', OPENCODE_DISABLE_PROJECT_CONFIG: '1' }
}
