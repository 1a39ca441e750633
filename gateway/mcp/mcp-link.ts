import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { GatewayError } from '../core/errors.ts'
import type { McpWay } from './mcp-way.ts'
import { MAX_TOOLS } from './pins.ts'
import { toolDefinition, type ToolDefinition } from './tool-definition.ts'

/** Of one page of tools. */
export const MAX_LIST_BYTES = 4_194_304
const MAX_PAGES = 8

/** A connection with one attached server, for one client of the gateway. */
export interface McpLink {
  /** The tools that it lists now and that can be offered. @throws GatewayError WEIR_ERR_UPSTREAM, WEIR_ERR_UPSTREAM_TIMEOUT */
  list (signal: AbortSignal): Promise<readonly ToolDefinition[]>
  /** @throws GatewayError WEIR_ERR_UPSTREAM, WEIR_ERR_UPSTREAM_TIMEOUT, WEIR_ERR_DECODE_TOO_LARGE */
  call (tool: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<CallToolResult>
  close (): Promise<void>
}

export interface McpLinkSpec { readonly way: McpWay, readonly timeoutMs: number, readonly version: string }

/** Says hello to the server at the end of a way, which is closed with the link, or now if that fails. @throws GatewayError as `list` */
export async function openMcpLink ({ way, timeoutMs, version }: McpLinkSpec, signal: AbortSignal): Promise<McpLink> {
  const { Client, CallToolResultSchema, ListToolsResultSchema } = await loadClient()
  // Nothing is offered to the server: it asks for no model, no files and no person.
  const client = new Client({ name: 'weir', version }, { capabilities: {} })
  const options = (of: AbortSignal): { readonly signal: AbortSignal, readonly timeout: number, readonly maxTotalTimeout: number } => ({ signal: of, timeout: timeoutMs, maxTotalTimeout: timeoutMs })

  // A stream that breaks tells nobody whose answer it was: what was asked would be waited for until its time is up.
  const broken = new AbortController()
  way.transport.onerror = () => { if (way.wasTooLarge()) broken.abort() }
  async function asked<T> (of: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController()
    const onAbort = (): void => { stop.abort() }
    const ends = [of, broken.signal]
    for (const end of ends) end.addEventListener('abort', onAbort)
    if (ends.some(({ aborted }) => aborted)) onAbort()
    try {
      return await ask(stop.signal)
    } catch (cause) {
      if (way.wasTooLarge()) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', 'The answer of the MCP server is larger than may be passed on (resultBytes in weir.yaml).', { cause })
      const isSlow = cause instanceof Error && ('code' in cause && (cause.code === -32_001 || String(cause.code).endsWith('_TIMEOUT')))
      throw isSlow ? new GatewayError('WEIR_ERR_UPSTREAM_TIMEOUT', 'The MCP server did not answer in time.', { cause }) : new GatewayError('WEIR_ERR_UPSTREAM', 'The MCP server could not be reached, or answered wrongly.', { cause })
    } finally {
      // The SDK listens on: what was answered would be cancelled at the server when the client's own request ends.
      for (const end of ends) end.removeEventListener('abort', onAbort)
    }
  }
  const close = async (): Promise<void> => {
    await client.close().catch(() => undefined) // it is given up either way
    await way.close()
  }
  try {
    await asked(signal, (of) => client.connect(way.transport, options(of)))
  } catch (thrown) {
    await close()
    throw thrown
  }
  return {
    async list (of) {
      const found = new Map<string, ToolDefinition>()
      let cursor: string | undefined
      for (let page = 0; page < MAX_PAGES && found.size < MAX_TOOLS; page += 1) {
        const { tools, nextCursor } = await asked(of, (signal) => client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } }, ListToolsResultSchema, options(signal)))
        for (const { name, description, inputSchema } of tools) {
          const definition = toolDefinition({ name, description, inputSchema: inputSchema as ToolDefinition['inputSchema'] })
          if (definition !== null && !found.has(name)) found.set(name, definition)
        }
        cursor = nextCursor
        if (cursor === undefined) break
      }
      return [...found.values()].slice(0, MAX_TOOLS)
    },
    // Not by `callTool`: it compiles the schemas that a server says its results have.
    call: async (tool, args, of) => await asked(of, (signal) => client.request({ method: 'tools/call', params: { name: tool, arguments: { ...args } } }, CallToolResultSchema, options(signal))),
    close,
  }
}

// Loaded when the first server is asked.
async function loadClient () {
  const [{ Client }, { CallToolResultSchema, ListToolsResultSchema }] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ])
  return { Client, CallToolResultSchema, ListToolsResultSchema }
}
