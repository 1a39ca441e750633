import { Command } from 'commander'
import type { ShownServer } from '../mcp/mcp-servers.ts'
import { aligned } from './aligned.ts'
import { askGateway } from './ask-gateway.ts'
import { printable } from './entry-format.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

interface McpOptions { readonly url?: string, readonly json?: boolean, readonly config?: string, readonly dataDir?: string }
interface RefreshOptions extends McpOptions { readonly env?: string }
interface ApproveOptions extends McpOptions { readonly digest?: string }

/** `weir mcp list|show|refresh|approve`: the MCP servers behind a running gateway. */
export function mcpCommand (io: Io): Command {
  const mcp = new Command('mcp').description('list the tools of attached MCP servers, and approve what they say of them')
  withOptions(mcp.command('list').description('list the configured servers and their tools'))
    .action(async (options: McpOptions) => show(io, options, await ask(io, options, 'GET', '')))
  withOptions(mcp.command('show').description('print what a server says of a tool, and what was approved of it').argument('<server>').argument('<tool>'))
    .action(async (server: string, tool: string, options: McpOptions) => await showTool(io, server, tool, options))
  withOptions(mcp.command('refresh').description('ask a server for its tools; what is new or has changed is held until it is approved').argument('<server>'))
    .option('--env <environment>', 'whose key the server is asked with (default: DEV)')
    .action(async (server: string, options: RefreshOptions) => show(io, options, await ask(io, options, 'POST', `/${encodeURIComponent(server)}/refresh`, options.env === undefined ? {} : { environment: options.env })))
  withOptions(mcp.command('approve').description('approve what a server says of a tool, as it was shown').argument('<server>').argument('<tool>'))
    .requiredOption('--digest <digest>', 'what is approved: the digest that list and show print')
    .action(async (server: string, tool: string, options: ApproveOptions) => await approve(io, server, tool, options))
  return mcp
}

interface Servers { readonly servers: readonly ShownServer[] }

function show (io: Io, options: McpOptions, value: unknown): void {
  const { servers } = value as Servers
  if (options.json === true) return io.stdout(`${JSON.stringify(servers)}\n`)
  if (servers.length === 0) return io.stdout('No MCP servers are configured (docs/mcp.md).\n')
  const rows = servers.flatMap(({ name, origin, tools }) => tools.length === 0
    ? [[name, origin, '-', 'not asked yet', '-']]
    : tools.map(({ name: tool, approved, held }) => [name, origin, tool, held === null ? 'approved' : approved === null ? 'new: held' : 'changed: held', (held ?? approved)?.digest ?? '-']))
  for (const line of aligned([['server', 'address', 'tool', 'state', 'digest'], ...rows], 5)) io.stdout(line)
}

async function showTool (io: Io, server: string, tool: string, options: McpOptions): Promise<void> {
  const { servers } = await ask(io, options, 'GET', '') as Servers
  const found = servers.find(({ name }) => name === server)?.tools.find(({ name }) => name === tool)
  if (found === undefined) throw new CommandFailed('There is no such tool: weir mcp list has those that are known, and weir mcp refresh asks the server.')
  if (options.json === true) return io.stdout(`${JSON.stringify(found)}\n`)
  for (const [state, pinned] of [['approved', found.approved], ['held', found.held]] as const) {
    if (pinned === null) continue
    const by = pinned.by === null ? '' : ` by ${pinned.by}`
    // As JSON: what a server writes must look like nothing but what a server wrote.
    io.stdout(`${printable(`${state}${by} ${new Date(pinned.atMs).toISOString()} ${pinned.digest}`)}\n${JSON.stringify(pinned.definition, null, 2).split('\n').map(printable).join('\n')}\n`)
  }
}

async function approve (io: Io, server: string, tool: string, { digest, ...options }: ApproveOptions): Promise<void> {
  const approved = await ask(io, options, 'POST', `/${encodeURIComponent(server)}/approve`, { tool, digest })
  io.stdout(options.json === true ? `${JSON.stringify(approved)}\n` : `${printable(tool)} of ${printable(server)} is approved.\n`)
}

function withOptions (command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: the configured address; env WEIR_URL)')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

async function ask (io: Io, options: McpOptions, method: string, path: string, body?: object): Promise<unknown> {
  return await askGateway(io, options, { method, path: `/mcp${path}`, body, whose: 'an operator' })
}
