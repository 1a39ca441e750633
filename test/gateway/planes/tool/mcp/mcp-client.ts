import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js'

interface Teardown { teardown (cleanUp: () => unknown): void }

/** How a call is made: as the official client makes it. */
export interface CallOptions { readonly signal?: AbortSignal, readonly onProgress?: (message: string) => void, readonly waitMs?: number }

export interface McpClient {
  tools (): Promise<readonly Tool[]>
  call (name: string, args?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<CallToolResult>
  /** Of the MCP session. */
  readonly id: string
  close (): Promise<void>
}

/** The official client at a gateway, over a real socket. */
export async function openMcpClient (t: Teardown, url: string, token: string): Promise<McpClient> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL('/weir/mcp', url), { requestInit: { headers: { authorization: `Bearer ${token}` } } })
  await client.connect(transport as Transport) // the SDK's types do not tell a missing member from an undefined one
  const close = async (): Promise<void> => {
    await transport.terminateSession().catch(() => undefined) // it may have ended before
    await client.close()
  }
  t.teardown(close)
  return {
    tools: async () => (await client.listTools()).tools,
    async call (name, args = {}, { signal, onProgress, waitMs } = {}) {
      return await client.callTool({ name, arguments: { ...args }, ...(waitMs === undefined ? {} : { _meta: { 'weir/waitMs': waitMs } }) }, undefined, {
        timeout: 240_000,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onprogress: ({ message }) => { onProgress(message ?? '') } }),
      }) as CallToolResult
    },
    id: transport.sessionId ?? '',
    close,
  }
}

/** All text of a result. */
export function textOf ({ content }: CallToolResult): string {
  return content.map((part) => part.type === 'text' ? part.text : '').join('\n')
}
