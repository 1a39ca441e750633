import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult, type Tool } from '@modelcontextprotocol/sdk/types.js'

interface Teardown { teardown (cleanUp: () => unknown): void }

/** An MCP server of somebody else's, by the official SDK, that does what its test wants. */
export interface AttachedServer {
  readonly url: string
  tools: Tool[]
  answer: (name: string, args: Readonly<Record<string, unknown>>) => Promise<CallToolResult> | CallToolResult
  /** Calls that arrived. */
  readonly calls: Array<{ readonly name: string, readonly args: unknown }>
  /** Credentials that requests carried. */
  readonly credentials: Set<string>
  /** Connections that were made to it. */
  connections (): number
}

export function toolNamed (name: string, description = `Does ${name}.`): Tool {
  return { name, description, inputSchema: { type: 'object', properties: { id: { type: 'string' } } } }
}

export async function openAttachedServer (t: Teardown): Promise<AttachedServer> {
  const http = createServer((request, response) => {
    attached.credentials.add(String(request.headers.authorization))
    const server = new Server({ name: 'attached', version: '1.0.0' }, { capabilities: { tools: {} } })
    server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: attached.tools }))
    server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {} } }) => {
      attached.calls.push({ name, args })
      return await attached.answer(name, args)
    })
    const transport = new StreamableHTTPServerTransport({})
    server.connect(transport as Transport).then(() => transport.handleRequest(request, response)).catch(() => { response.destroy() })
  })
  let connections = 0
  http.on('connection', () => { connections += 1 })
  await new Promise<void>((resolve) => { http.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  const attached: AttachedServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    tools: [],
    answer: (name) => ({ content: [{ type: 'text', text: `${name} was done` }] }),
    calls: [],
    credentials: new Set(),
    connections: () => connections,
  }
  return attached
}
