import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import type { MatchRoute } from '../../../adapters/opencode/match-route.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import { callerOf } from '../../http/plugins/caller.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { AgentConnections } from './agent-connections.ts'
import { answerClient } from './answer-client.ts'
import { answerEvents } from './answer-events.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import { decideCalls, decideRoute, type AllowedCall } from './decide-request.ts'
import { readRequest, type ClientRequest } from './read-request.ts'
import { sendRequest } from './send-request.ts'

const CHECK_MS = 1_000 // a stream is open for hours; a revoked token ends it within a second

/** Routes that start a turn or a command: what the last one changed is judged before the next one begins. */
const TURNS = ['/session/{sessionID}/message', '/session/{sessionID}/prompt_async', '/session/{sessionID}/shell', '/session/{sessionID}/command', '/session/{sessionID}/init']

export interface Serving extends ClientPlaneOptions {
  readonly match: MatchRoute
  readonly agentOf: AgentConnections
}

interface Sending {
  /** The request's id. */
  readonly id: string
  readonly request: ClientRequest
  readonly session: AgentSession
  readonly agent: AgentHttp
  readonly permit: Permit
  readonly calls: readonly AllowedCall[]
}

/** One client request from its target to the answer: match, decide the route, rebuild, decide its calls, send, answer. */
export async function serveRequest (request: FastifyRequest, reply: FastifyReply, serving: Serving): Promise<unknown> {
  const [path = '', ...rest] = (request.raw.url ?? '').split('?')
  const matched = serving.match(request.method, path)
  if (matched === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  const caller = callerOf(request)
  const scope = serving.scopeFor(caller, request.headers)
  const permit = await decideRoute(matched.route, { plane: 'client', actor: caller.actor, ...scope, session: null, request: request.id }, serving)
  if (matched.route.access === 'weir') {
    serving.ledger.settle(permit, 'done', {})
    return []
  }
  const clean = readRequest({ matched, query: rest.join('?'), contentType: request.headers['content-type'], body: bytesOf(request.body) }, serving.limits.bodyBytes)
  const session = await serving.sessions.open(caller, scope)
  session.touch()
  const calls = await decideCalls(clean, { session, request: request.id }, serving)
  if (TURNS.includes(matched.route.template)) await session.collectChanges()
  const sending = { id: request.id, request: clean, session, agent: serving.agentOf(session), permit, calls }
  return matched.route.answer === 'events' ? streamEvents(sending, { request, reply }, serving) : passOn(sending, reply, serving)
}

async function passOn (sending: Sending, reply: FastifyReply, serving: Serving): Promise<unknown> {
  const { request, session, agent, permit } = sending
  // Not bound to the client's connection: a client that leaves has not aborted its turn.
  const answer = await settled(sending, serving, () => sendRequest(request, agent, { permit, directory: session.endpoint.directory }))
  return answerClient(request.matched.route, answer, reply, [session.modelToken, session.endpoint.authorization])
}

async function streamEvents (sending: Sending, client: { readonly request: FastifyRequest, readonly reply: FastifyReply }, serving: Serving): Promise<unknown> {
  const { request, session, agent, permit } = sending
  const { reply } = client
  const leave = new AbortController()
  reply.raw.once('close', () => leave.abort())
  const answer = await settled(sending, serving, () => sendRequest(request, agent, { permit, directory: session.endpoint.directory, signal: leave.signal }))
  if (answer.statusCode !== 200) return answerClient(request.matched.route, answer, reply, [])
  reply.hijack()
  const watch = setInterval(() => { if (!isStillValid(client.request, serving)) leave.abort() }, CHECK_MS)
  try {
    await answerEvents(answer, reply.raw, leave.signal, () => session.touch())
  } catch (cause) {
    reply.log.warn({ err: cause, session: session.id }, 'event stream to a client broke')
  } finally {
    clearInterval(watch)
  }
  return reply
}

function isStillValid (request: FastifyRequest, { authenticator }: Serving): boolean {
  try {
    authenticator.authenticate(request.headers.authorization)
    return true
  } catch {
    return false // expired or revoked: whatever is wrong with the token now, it ends the stream
  }
}

/** Sends, and records what became of every permit the request rests on. */
async function settled<Answer extends { readonly statusCode: number }> (sending: Sending, serving: Serving, send: () => Promise<Answer>): Promise<Answer> {
  const permits = [sending.permit, ...sending.calls.map(({ permit }) => permit)]
  const open = releaseCommands(sending)
  try {
    const answer = await send()
    for (const permit of permits) serving.ledger.settle(permit, answer.statusCode < 400 ? 'done' : 'failed', { status: answer.statusCode })
    return answer
  } catch (cause) {
    // It may have arrived and taken effect before the connection broke.
    for (const permit of permits) serving.ledger.settle(permit, 'unknown', {})
    throw cause
  } finally {
    for (const id of open) sending.session.released.finish(id)
  }
}

// The exec gate decides a shell command again at its start; the decision made here is to cover exactly one start.
function releaseCommands ({ id: request, calls, session }: Sending): readonly string[] {
  return calls.filter(({ call }) => call.command !== null).map(({ call, permit }) => {
    const callId = `client-${permit.entry}`
    session.released.remember({ callId, native: call.native, digest: call.digest, permit, command: call.command, cwd: call.cwd, request })
    return callId
  })
}

function bytesOf (body: unknown): Uint8Array | null {
  return body instanceof Uint8Array ? body : null
}
