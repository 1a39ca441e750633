import type { IncomingMessage } from 'node:http'
import { setImmediate as endOfRound } from 'node:timers/promises'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import { callerOf } from '../../http/plugins/caller.ts'
import type { Authenticator, Caller } from '../../identity/caller.ts'
import type { Wanted } from '../../identity/scope.ts'
import type { Scope } from '../../sessions/session.ts'
import { createSender, type Sender } from './line-sender.ts'
import { createConversation, type Conversation, type ConversationPorts, type EntryPage } from './protocol/conversation.ts'
import { LineReader } from './protocol/line-reader.ts'
import { MESSAGE_LIMITS } from './protocol/messages.ts'
import { observeLog } from './protocol/observe.ts'

const PATH = '/weir/api/v1/tools'
const EVENTS = `${PATH}/events`
const MAX_CONVERSATIONS = 256 // of the gateway; each keeps a connection
const MAX_WATCHERS = 64
const HEARTBEAT_MS = 15_000 // proxies drop a silent stream after 30 to 60 s
const LINES = 'application/x-ndjson'
const STREAM = { 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close', 'x-content-type-options': 'nosniff' }

const closed = { additionalProperties: false }
const Query = Type.Object({
  after: Type.Optional(Type.Integer({ minimum: 0 })),
  follow: Type.Optional(Type.Boolean()),
  app: Type.Optional(Type.String({ maxLength: 64 })),
  environment: Type.Optional(Type.String({ maxLength: 32 })),
}, closed)

export interface ToolRoutesOptions extends Pick<ConversationPorts, 'tools' | 'propose' | 'revert'> {
  readonly govern: Govern
  readonly ledger: Ledger
  readonly authenticator: Authenticator
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
  readonly scopeFor: (caller: Caller, wanted: Wanted) => Scope
  /** Entries of a session for a caller with this context. */
  readonly entries: (context: Context, page: { readonly after: number, readonly limit: number }) => Promise<EntryPage>
}

/**
 * `POST /weir/api/v1/tools`: a conversation of Weir's wire protocol, lines in and lines out. The answer begins with the first message, so
 * that a client may go on talking while it listens; one that sends a single message gets its answers and the end.
 * `GET /weir/api/v1/tools/events`: what happens in the caller's session, as server-sent events from any point.
 */
export const toolRoutes: FastifyPluginAsync<ToolRoutesOptions> = async (app, options) => {
  const open = new Set<AbortController>()
  app.addHook('preClose', async () => { open.forEach((one) => { one.abort() }) })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([LINES, 'application/json'], (_request, payload, done) => { done(null, payload) })

  app.post(PATH, async (request, reply) => {
    if (open.size >= MAX_CONVERSATIONS) throw new GatewayError('WEIR_ERR_RATE', 'Too many conversations are open.')
    const permit = await demandRoute(request, 'POST', PATH, options)
    await streamed(reply, open, { permit, contentType: LINES }, options, (stop, sender) => converse(request, stop, sender, options))
    return reply
  })

  app.get(EVENTS, { schema: { querystring: Query } }, async (request, reply) => {
    if (open.size >= MAX_CONVERSATIONS + MAX_WATCHERS) throw new GatewayError('WEIR_ERR_RATE', 'Too many streams are open.')
    const { after, follow, app: wantedApp, environment } = request.query as Static<typeof Query>
    const wanted = { app: wantedApp, environment }
    const asker = { caller: callerOf(request), scope: options.scopeFor(callerOf(request), wanted), request: request.id }
    const permit = await demandRoute(request, 'GET', EVENTS, options, wanted)
    const tools = options.tools.running(asker)
    if (tools === null) {
      options.ledger.settle(permit, 'failed', { refused: 'no such session' })
      throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'No session of yours runs here.', { decision: permit.entry })
    }
    await streamed(reply, open, { permit, contentType: 'text/event-stream' }, options, async (stop, { send }) => {
      const heartbeat = setInterval(() => {
        if (options.authenticator.isStillValid(asker.caller)) reply.raw.write(': still here\n\n')
        else stop.abort()
      }, HEARTBEAT_MS)
      try {
        await observeLog(tools.log, {
          after: lastSeen(request) ?? after ?? 0,
          follow: follow ?? true,
          signal: stop.signal,
          onEvent: (seq, text) => send(`id: ${seq}\nevent: tool\ndata: ${text}\n\n`),
          onGone: (from) => send(`event: gone\ndata: {"from":${from}}\n\n`),
        })
      } finally {
        clearInterval(heartbeat)
      }
    })
    return reply
  })
}

function lastSeen ({ headers }: FastifyRequest): number | null {
  const last = headers['last-event-id']
  return typeof last === 'string' && /^\d{1,15}$/.test(last) ? Number(last) : null
}

interface Stream { readonly permit: Permit, readonly contentType: string }

/** Answers with a stream and settles its permit when it ends, however it ends. */
async function streamed (reply: FastifyReply, open: Set<AbortController>, { permit, contentType }: Stream, { ledger }: Pick<ToolRoutesOptions, 'ledger'>, run: (stop: AbortController, sender: Sender) => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const sender = createSender(reply.raw, stop.signal)
  open.add(stop)
  reply.hijack()
  reply.raw.once('close', () => { stop.abort() })
  try {
    reply.raw.writeHead(200, { ...STREAM, 'content-type': contentType })
    reply.raw.flushHeaders()
    await run(stop, sender)
    ledger.settle(permit, 'done', {})
  } catch (error) {
    reply.request.log.error({ err: error }, 'a stream of the tool plane failed')
    ledger.settle(permit, 'failed', {})
  } finally {
    open.delete(stop)
    sender.flush()
    reply.raw.end()
  }
}

async function converse (request: FastifyRequest, stop: AbortController, { send }: Sender, options: ToolRoutesOptions): Promise<void> {
  const caller = callerOf(request)
  const conversation = createConversation({
    ...options,
    caller,
    request: request.id,
    scopeOf: (wanted) => options.scopeFor(caller, wanted),
    isValid: () => options.authenticator.isStillValid(caller),
    entries: ({ context }, page) => options.entries(context, page),
    send: (text) => send(`${text}\n`),
    onError: (error) => { request.log.error({ code: error.code, err: error.cause ?? error }, 'a tool call failed') },
  })
  stop.signal.addEventListener('abort', () => { conversation.abort() })
  await readLines(request.body as IncomingMessage, conversation, stop.signal)
  await conversation.finish()
}

// What is not read waits in the connection: a client that sends faster than it is served is slowed down.
async function readLines (body: IncomingMessage, conversation: Conversation, signal: AbortSignal): Promise<void> {
  const reader = new LineReader(MESSAGE_LIMITS.lineBytes)
  const leave = (): void => { body.destroy() }
  signal.addEventListener('abort', leave)
  try {
    for await (const chunk of body) {
      // Each chunk of the encoding is handed over by itself, with all that follows from it, though many came in one piece. Taken
      // together their calls share looks, groups of the ledger and writes; a line that came alone waits for nothing.
      await endOfRound()
      for (const piece of [chunk as Buffer, body.read() as Buffer | null]) {
        for (const line of piece === null ? [] : reader.push(piece)) await conversation.receive(line)
      }
    }
    for (const line of reader.end()) await conversation.receive(line)
  } catch {
    conversation.abort() // the client went away in the middle of a line
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** The recorded allow of a route of class `weir-tools`. @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING */
export async function demandRoute (request: FastifyRequest, method: string, path: string, { govern, contextOf }: Pick<ToolRoutesOptions, 'govern' | 'contextOf'>, wanted: Wanted = {}): Promise<Permit> {
  const { decision, permit, entry } = await govern({ kind: 'route', method, path, class: 'weir-tools' }, contextOf(request, wanted))
  if (permit !== null) return permit
  throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
}
