import { once } from 'node:events'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { errorBody, GatewayError } from '../../../core/errors.ts'
import { Type } from '../../../core/schema-type.ts'
import { assertOwnOrigin, type AssertKnownHost } from '../../../http/own-pages.ts'
import { callerOf } from '../../../http/plugins/caller.ts'
import { MESSAGE_LIMITS } from '../protocol/messages.ts'
import { demandRoute, type ToolRoutesOptions } from '../tool-routes.ts'
import { openAttachedTools, type AttachedPorts } from './attached-tools.ts'
import { createMcpSessions } from './mcp-sessions.ts'
import { openMcpSession, type McpSession, type OpenRequest } from './mcp-session.ts'
import { readRpc, type RpcMessage } from './read-rpc.ts'
import { loadMcpSdk } from './sdk.ts'

const PATH = '/weir/mcp'
/** Of a request, what the SDK is to see: no credential, and no name of the gateway. */
const SHOWN_HEADERS = ['accept', 'content-type', 'mcp-session-id', 'mcp-protocol-version'] as const

const Query = Type.Object({
  app: Type.Optional(Type.String({ maxLength: 64 })),
  environment: Type.Optional(Type.String({ maxLength: 32 })),
}, { additionalProperties: false })

export interface McpRoutesOptions extends Pick<ToolRoutesOptions, 'tools' | 'govern' | 'ledger' | 'authenticator' | 'contextOf' | 'scopeFor'> {
  readonly assertKnownHost: AssertKnownHost
  /** How long a call waits for a second person when its client does not say, ms. */
  readonly holdMs: number
  readonly version: string
  readonly attached: AttachedPorts
}

/**
 * `/weir/mcp`: Weir's own tools, and those of attached servers, over MCP's streamable HTTP. A session belongs to the token that it was opened with, and to the app and
 * environment of its first request. There is no stream beside the answers: the gateway says nothing unasked.
 */
export const mcpRoutes: FastifyPluginAsync<McpRoutesOptions> = async (app, options) => {
  const isValid = options.authenticator.isStillValid
  const sessions = createMcpSessions({ ledger: options.ledger, isValid, nowMs: Date.now })
  app.addHook('preClose', () => sessions.close())
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: MESSAGE_LIMITS.lineBytes }, async (_request: FastifyRequest, body: Buffer) => readRpc(body))
  app.addHook('onRequest', async ({ headers }) => { assertOwnOrigin(headers, options.assertKnownHost) })

  app.post(PATH, { schema: { querystring: Query } }, async (request, reply) => {
    const message = request.body as RpcMessage
    if (message.method !== 'initialize') {
      await answer(request, reply, sessions.find(sessionIdOf(request), callerOf(request)), message)
      return reply
    }
    if (sessionIdOf(request) !== undefined) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'This session has begun: initialize comes without an Mcp-Session-Id.')
    const session = await begin(request)
    sessions.add(session)
    try {
      await answer(request, reply, session, message)
    } finally {
      if (!session.isBegun()) await sessions.end(session)
    }
    return reply
  })

  app.delete(PATH, { schema: { querystring: Query } }, async (request, reply) => {
    await sessions.end(sessions.find(sessionIdOf(request), callerOf(request)))
    return reply.code(204).send()
  })

  // What the protocol has for a server without a stream of its own.
  app.get(PATH, async (_request, reply) => reply.code(405).header('allow', 'POST, DELETE').send(errorBody(new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no stream here beside the answers.'))))

  async function begin (request: FastifyRequest): Promise<McpSession> {
    const caller = callerOf(request)
    const wanted = request.query as Static<typeof Query>
    const scope = options.scopeFor(caller, wanted)
    await sessions.makeRoom(caller)
    const sdk = await loadMcpSdk()
    const permit = await demandRoute(request, 'POST', PATH, options, wanted)
    return await openMcpSession({ caller, scope, permit, version: options.version }, sdk, {
      tools: options.tools,
      attached: openAttachedTools(options.attached),
      isValid,
      holdMs: options.holdMs,
      nowMs: Date.now,
      onError: (error) => { request.log.error({ code: error.code, err: error.cause ?? error }, 'a tool call failed') },
    })
  }
}

async function answer (request: FastifyRequest, reply: FastifyReply, session: McpSession, message: RpcMessage): Promise<void> {
  const opened: OpenRequest = { caller: callerOf(request), request: request.id, stop: new AbortController(), isBehind: false, work: Promise.resolve() }
  const id = message.method === undefined ? undefined : message.id // the answer to a request of ours has the id of that
  if (id !== undefined) session.begin(id, opened)
  // A client that goes away has its calls ended: nobody would read the answers.
  reply.raw.once('close', () => { opened.stop.abort() })
  try {
    await send(reply, await session.handle(shown(request), message), opened)
  } finally {
    opened.stop.abort()
    await opened.work
    if (id !== undefined) session.end(id)
  }
}

function shown ({ method, headers }: FastifyRequest): Request {
  const kept = SHOWN_HEADERS.flatMap((name): Array<[string, string]> => typeof headers[name] === 'string' ? [[name, headers[name]]] : [])
  return new Request(`http://weir${PATH}`, { method, headers: kept })
}

async function send (reply: FastifyReply, { status, headers, body }: Response, opened: OpenRequest): Promise<void> {
  const { raw } = reply.hijack()
  const { signal } = opened.stop
  const said = Object.fromEntries([...headers].filter(([name]) => name !== 'connection'))
  raw.writeHead(status, { ...said, 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff' })
  raw.flushHeaders()
  if (body !== null) {
    for await (const chunk of body) {
      if (signal.aborted) break
      if (raw.write(chunk)) continue
      opened.isBehind = true
      await once(raw, 'drain', { signal }).catch(() => undefined) // the client went away: the next turn of the loop sees it
      opened.isBehind = false
    }
  }
  raw.end()
}

function sessionIdOf ({ headers }: FastifyRequest): string | undefined {
  const id = headers['mcp-session-id']
  return typeof id === 'string' ? id : undefined
}
