import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MatchRoute } from '../../../adapters/opencode/match-route.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import { callerOf } from '../../http/plugins/caller.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { AgentLink, AgentLinks } from './agent-links.ts'
import { answerClient } from './answer-client.ts'
import { secretsOf } from './blank-secrets.ts'
import type { ClientPlaneOptions } from './client-ports.ts'
import { decideCalls, decideRoute, type AllowedCall } from './decide-request.ts'
import { observe, type Observation } from './observe-session.ts'
import { readRequest, type ClientRequest } from './read-request.ts'
import { sendRequest } from './send-request.ts'
import { serveEvents } from './serve-events.ts'

/** Routes that, posted to, start a turn or a command: what the last one changed is judged before the next one begins. */
const TURNS: readonly string[] = ['/session/{sessionID}/message', '/session/{sessionID}/prompt_async', '/session/{sessionID}/shell', '/session/{sessionID}/command', '/session/{sessionID}/init']

/** Streams that are opened again when the agent's end drops. The other one replays what came after the client's own mark. */
const RESUMED = ['/event', '/global/event']

export interface Serving extends ClientPlaneOptions {
  readonly match: MatchRoute
  readonly linkOf: AgentLinks
  /** Aborts when the gateway takes no more requests. */
  readonly stopping: AbortSignal
}

interface Sending {
  /** The request's id. */
  readonly id: string
  readonly request: ClientRequest
  readonly session: AgentSession
  readonly link: AgentLink
  readonly permit: Permit
  readonly calls: readonly AllowedCall[]
  /** Set when the session is somebody else's. */
  readonly observation: Observation | null
}

/** One client request from its target to the answer: match, decide the route, rebuild, decide its calls, send, answer. */
export async function serveRequest (request: FastifyRequest, reply: FastifyReply, serving: Serving): Promise<unknown> {
  const [path = '', ...rest] = (request.raw.url ?? '').split('?')
  const matched = serving.match(request.method, path)
  if (matched === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN')
  const caller = callerOf(request)
  const scope = serving.scopeFor(caller, request.headers)
  const context = { plane: 'client', actor: caller.actor, ...scope, session: null, request: request.id } as const
  const permit = await decideRoute(matched.route, context, serving)
  if (matched.route.access === 'weir') {
    serving.ledger.settle(permit, 'done', {})
    reply.header('x-content-type-options', 'nosniff')
    return []
  }
  const query = rest.join('?')
  const clean = readRequest({ matched, query, contentType: request.headers['content-type'], body: bytesOf(request.body) }, serving.limits.bodyBytes)
  const observation = await observed({ clean, query, context }, permit, serving)
  if (observation !== null) {
    const { session } = observation
    return await answer({ id: request.id, request: clean, session, link: serving.linkOf(session), permit, calls: [], observation }, { request, reply }, serving)
  }
  const session = await serving.sessions.open(caller, scope)
  session.touch()
  const link = serving.linkOf(session)
  await assertOwned(clean, { link, permit }, serving)
  const calls = await decideCalls(clean, { session, request: request.id }, serving)
  if (matched.route.method === 'POST' && TURNS.includes(matched.route.template)) await session.collectChanges()
  return await answer({ id: request.id, request: clean, session, link, permit, calls, observation: null }, { request, reply }, serving)
}

interface Client { readonly request: FastifyRequest, readonly reply: FastifyReply }

async function answer (sending: Sending, client: Client, serving: Serving): Promise<unknown> {
  return sending.request.matched.route.answer === 'events' ? await streamEvents(sending, client, serving) : await passOn(sending, client.reply, serving)
}

async function observed (wanted: Parameters<typeof observe>[0], permit: Permit, serving: Serving): Promise<Observation | null> {
  try {
    return await observe(wanted, serving)
  } catch (thrown) {
    serving.ledger.settle(permit, 'failed', { refused: 'no such session' })
    throw thrown instanceof GatewayError && thrown.code === 'WEIR_ERR_ROUTE_UNKNOWN' ? noSuchSession(permit) : thrown
  }
}

function noSuchSession (permit: Permit): GatewayError {
  return new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such session.', { decision: permit.entry })
}

// The same answer for a session of somebody else and for none at all: which of the two it is, is nobody's business.
async function assertOwned (clean: ClientRequest, { link, permit }: { readonly link: AgentLink, readonly permit: Permit }, { ledger }: Serving): Promise<void> {
  for (const id of clean.sessions) {
    if (await link.owner.owns(id)) continue
    ledger.settle(permit, 'failed', { refused: 'no such session' })
    throw noSuchSession(permit)
  }
}

async function passOn (sending: Sending, reply: FastifyReply, serving: Serving): Promise<unknown> {
  const { request, session, link, permit } = sending
  // Not bound to the client's connection: a client that leaves has not aborted its turn.
  const answer = await settled(sending, serving, () => sendRequest(request, link.agent, { permit, directory: session.endpoint.directory }))
  return answerClient(request.matched.route, answer, reply, { secrets: secretsOf(session), owner: link.owner })
}

async function streamEvents (sending: Sending, client: Client, serving: Serving): Promise<unknown> {
  const { request, session, link, permit, observation } = sending
  const { reply } = client
  const caller = callerOf(client.request)
  const leave = new AbortController()
  reply.raw.once('close', () => leave.abort())
  const send = (signal: AbortSignal): ReturnType<typeof sendRequest> => sendRequest(request, link.agent, { permit, directory: session.endpoint.directory, signal })
  const first = await settled(sending, serving, () => send(leave.signal))
  const secrets = secretsOf(session)
  if (first.statusCode !== 200) return answerClient(request.matched.route, first, reply, { secrets, owner: link.owner })
  reply.hijack()
  await serveEvents({
    first,
    link,
    secrets,
    again: RESUMED.includes(request.matched.route.template) ? send : null,
    isStillValid: () => serving.authenticator.isStillValid(caller) && observation?.isStillAllowed() !== false,
    // Who looks on does not keep another's session running.
    onRecord: () => { if (observation === null) session.touch() },
    stopping: serving.stopping,
    onLost: (cause) => reply.log.warn({ err: cause, session: session.id }, 'the event stream of an agent broke'),
  }, reply.raw, leave)
  return reply
}

/** Sends, and records what became of every permit the request rests on. */
async function settled<Answer extends { readonly statusCode: number }> (sending: Sending, serving: Serving, send: () => Promise<Answer>): Promise<Answer> {
  const permits = [sending.permit, ...sending.calls.map(({ permit }) => permit), ...sending.observation === null ? [] : [sending.observation.permit]]
  const open = releaseCommands(sending)
  try {
    const answer = await send()
    for (const permit of permits) serving.ledger.settle(permit, answer.statusCode < 400 ? 'done' : 'failed', { status: answer.statusCode })
    return answer
  } catch (cause) {
    // It may have arrived and taken effect before the connection broke.
    for (const permit of permits) serving.ledger.settle(permit, 'unknown', {})
    const why = sending.session.overLimit ?? null
    throw why === null ? cause : new GatewayError('WEIR_ERR_SANDBOX', `The session was stopped: ${why}.`, { cause })
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
