// The official SDK, loaded when the first client comes: it takes some 25 MB and 0.4 s of a processor, which other gateways need not pay.

async function load () {
  const [{ Server }, { WebStandardStreamableHTTPServerTransport: Transport }, { CallToolRequestSchema, ListToolsRequestSchema }] = await Promise.all([
    import('@modelcontextprotocol/sdk/server/index.js'),
    import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ])
  return { Server, Transport, CallToolRequestSchema, ListToolsRequestSchema }
}

export type McpSdk = Awaited<ReturnType<typeof load>>

let loading: Promise<McpSdk> | null = null

export function loadMcpSdk (): Promise<McpSdk> {
  loading ??= load()
  return loading
}
