import { randomBytes } from 'node:crypto'
import type { RequestId } from '@modelcontextprotocol/sdk/types.js'
import { listWeirTools } from '../../../../adapters/mcp/tool-list.ts'
import { GatewayError } from '../../../core/errors.ts'
import type { Permit } from '../../../core/permit.ts'
import type { Caller } from '../../../identity/caller.ts'
import type { Scope } from '../../../sessions/session.ts'
import { LOOKING } from '../looking.ts'
import { createTurns } from '../turns.ts'
import { callTool, type CallToolPorts } from './call-tool.ts'
import { createProgress, NO_PROGRESS } from './progress.ts'
import type { RpcMessage } from './read-rpc.ts'
import type { McpSdk } from './sdk.ts'

const MAX_OPEN = 64 // requests of one session at once, as of one conversation of the wire protocol
const INSTRUCTIONS = 'The tools work on the files of a sandboxed workspace. Each call is decided by policy; the answer to one that was refused says why and what to do instead. What a call changes is committed when policy allows it.'

/** One HTTP request that is being answered. */
export interface OpenRequest {
  readonly caller: Caller
  /** Id of the HTTP request, for the ledger. */
  readonly request: string
  readonly stop: AbortController
  /** Whether the client has yet to read what it was sent. */
  isBehind: boolean
  /** What is done for it. Never rejects. */
  work: Promise<unknown>
}

/** One client's MCP session. It gives nobody a right: each call is decided for who sent it. */
export interface McpSession {
  readonly id: string
  readonly caller: Caller
  readonly permit: Permit
  /** Whether the handshake was made. */
  isBegun (): boolean
  /** Unix ms of the last request's end; null while one is open. */
  idleSinceMs (): number | null
  /** Answers one message. `opened` is what `begin` made of it. */
  handle (request: Request, message: RpcMessage): Promise<Response>
  /** Notes a request, until `end`. @throws GatewayError WEIR_ERR_DECODE_MALFORMED for an id that is open, WEIR_ERR_RATE */
  begin (id: RequestId, opened: OpenRequest): void
  end (id: RequestId): void
  /** Calls that were made. */
  calls (): number
  /** Ends everything that is open. */
  close (): Promise<void>
}

export interface McpSessionSpec { readonly caller: Caller, readonly scope: Scope, readonly permit: Permit, readonly version: string }

export async function openMcpSession ({ caller, scope, permit, version }: McpSessionSpec, sdk: McpSdk, ports: CallToolPorts & { readonly nowMs: () => number }): Promise<McpSession> {
  const id = `mcp_${randomBytes(24).toString('hex')}`
  const open = new Map<RequestId, OpenRequest>()
  const turns = createTurns()
  let calls = 0
  let lastMs = ports.nowMs()
  const transport = new sdk.Transport({ sessionIdGenerator: () => id })
  const server = new sdk.Server({ name: 'weir', version }, { capabilities: { tools: {} }, instructions: INSTRUCTIONS })

  server.setRequestHandler(sdk.ListToolsRequestSchema, async () => ({ tools: [...listWeirTools(LOOKING), ...ports.attached.list()] }))
  server.setRequestHandler(sdk.CallToolRequestSchema, async ({ params: { name, arguments: args, _meta: meta } }, { requestId, signal, sendNotification }) => {
    const opened = open.get(requestId)
    if (opened === undefined) throw new GatewayError('WEIR_ERR_INTERNAL', 'A call without its request.')
    calls += 1
    const token = meta?.progressToken
    const progress = token === undefined
      ? NO_PROGRESS
      : createProgress({
        send: (progress, message) => sendNotification({ method: 'notifications/progress', params: { progressToken: token, progress, message } }),
        isBehind: () => opened.isBehind,
        nowMs: ports.nowMs,
      })
    const work = callTool({
      wish: { tool: name, args: args ?? {} },
      waitMs: waitOf(meta),
      caller: opened.caller,
      scope,
      request: opened.request,
      signal: AbortSignal.any([signal, opened.stop.signal]),
      progress,
    }, turns, ports)
    opened.work = work
    return await work
  })
  await server.connect(transport)

  return {
    id,
    caller,
    permit,
    isBegun: () => transport.sessionId !== undefined,
    idleSinceMs: () => open.size > 0 ? null : lastMs,
    handle: (request, message) => transport.handleRequest(request, { parsedBody: message }),
    begin (request, opened) {
      if (open.has(request)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A request with this id is still open.')
      if (open.size >= MAX_OPEN) throw new GatewayError('WEIR_ERR_RATE', `More than ${MAX_OPEN} requests of this session are open.`)
      open.set(request, opened)
    },
    end (request) {
      open.delete(request)
      lastMs = ports.nowMs()
    },
    calls: () => calls,
    async close () {
      for (const { stop } of open.values()) stop.abort()
      await server.close()
      await ports.attached.close()
    },
  }
}

function waitOf (meta: Readonly<Record<string, unknown>> | undefined): number | null {
  const wanted = meta?.['weir/waitMs']
  // What is no number is refused with the call, not left out: whoever sent it meant something by it.
  return wanted === undefined ? null : typeof wanted === 'number' ? wanted : NaN
}
