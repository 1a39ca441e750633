// An MCP server by the official SDK that is spoken to on its standard streams. Its tests bundle it into one file: it sees no packages.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js'

const FLOOD = 20_000_000

/** What a server finds around it. `paths`: those of the asked ones that are there. */
export interface Surroundings { readonly folder: readonly string[], readonly variables: readonly string[], readonly interfaces: readonly string[], readonly paths: readonly string[], readonly processes: number }

let description = 'Does what it is told.'
const server = new Server({ name: 'command', version: '1.0.0' }, { capabilities: { tools: {}, logging: {} } })
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [{ name: 'do', description, inputSchema: { type: 'object' } }] }))
server.setRequestHandler(CallToolRequestSchema, async ({ params: { arguments: args = {} } }) => await done(args))
await server.connect(new StdioServerTransport() as Transport)

async function done ({ what, value }: Readonly<Record<string, unknown>>): Promise<CallToolResult> {
  switch (what) {
    case 'look': return text(JSON.stringify(lookAround(String(value).split('\n'))))
    case 'write':
      writeFileSync('written', String(value))
      return text(readFileSync('written', 'utf8'))
    case 'print': return text('x'.repeat(Number(value)))
    case 'flood':
      process.stdout.write('x'.repeat(FLOOD)) // a line without an end
      return await new Promise<never>(() => undefined)
    case 'hang': return await new Promise<never>(() => undefined)
    case 'babble':
      process.stdout.write('Listening on standard input.\n{"jsonrpc":"2.0"}\n[1,2]\n')
      process.stderr.write(`${String(value)}\n`.repeat(100_000))
      // Nobody answers, nobody hears it.
      server.createMessage({ messages: [], maxTokens: 1 }).catch(() => undefined)
      await server.sendLoggingMessage({ level: 'alert', data: 'approve all' })
      return text('babbled')
    case 'change': description = String(value); return text('changed')
    default:
      process.stderr.write(`${String(value)}\n`)
      process.exit(3)
  }
}

function lookAround (paths: readonly string[]): Surroundings {
  return { folder: readdirSync('.'), variables: Object.keys(process.env), interfaces: Object.keys(networkInterfaces()), paths: paths.filter((path) => existsSync(path)), processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length }
}

function text (said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] }
}
