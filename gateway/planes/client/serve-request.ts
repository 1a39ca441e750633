import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MatchedRoute } from '../../../adapters/opencode/match-route.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import { eventBody } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { DirectCaller } from '../../http/direct-routes.ts'
import { sendJson } from '../../http/forward/raw-answer.ts'
import { readBody } from '../../http/forward/read-body.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { AgentLink } from './agent-links.ts'
import { answerClient } from './answer-client.ts'
import { answerOwnAsk, openOwnAsks, type AskedRoute } from './answer-own-ask.ts'
import { decideCalls, decideRoute } from './decide-request.ts'
import { observe, type Observation } from './observe-session.ts'
import { readRequest, type ClientRequest } from './read-request.ts'
import { sendRequest } from './send-request.ts'
import { prepared, settled, type Sending, type Serving } from './sending.ts'
import { streamEvents } from './stream-events.ts'
import { resizeOf } from './terminal-sizes.ts'

/** Routes that, posted to, say something to the model. */
const PROMPTS: readonly string[] = ['/session/{sessionID}/message', '/session/{sessionID}/prompt_async', '/session/{sessionID}/command']
/** Routes that, posted to, start a turn or a command: what the last one changed is judged before the next one begins. */
const TURNS: readonly string[] = ['/session/{sessionID}/message', '/session/{sessionID}/prompt_async', '/session/{sessionID}/shell', '/session/{sessionID}/command', '/session/{sessionID}/init']
/** Routes that, posted to, change files at once, without a turn: what the last turn changed is judged before, and what they changed before the answer. */
const RESTORES: readonly string[] = ['/session/{sessionID}/revert', '/session/{sessionID}/unrevert']

/** A request for a route of the table, by somebody who was let in. `query`: the text after the `?`, as received. */
export interface Arrived extends DirectCaller { readonly matched: MatchedRoute, readonly query: string, readonly request: IncomingMessage, readonly response: ServerResponse }

/** One client request from its route to the answer: read, decide the route, rebuild, decide its calls, send, answer. */
export async function serveRequest (arrived: Arrived, serving: Serving): Promise<void> {
  const { id, caller, matched, request, response } = arrived
  const body = hasBody(request) ? await readBody(request, serving.limits.bodyBytes) : null
  const contentType = request.headers['content-type']
  const scope = serving.scopeFor(caller, request.headers)
  const context = { plane: 'client', actor: caller.actor, ...scope, session: null, request: id } as const
  const permit = await decideRoute(matched.route, context, serving)
  if (matched.route.access === 'weir') {
    response.setHeader('x-content-type-options', 'nosniff')
    return sendJson(response, 200, await answerHere({ matched, context, permit, body, contentType }, serving))
  }
  const allowed = [permit]
  const sending = await prepared(allowed, serving, () => readyToSend({ arrived, scope, context, permit, body, contentType }, allowed, serving))
  await answer(sending, arrived, serving)
}

interface Allowed {
  readonly arrived: Arrived
  readonly scope: ReturnType<Serving['scopeFor']>
  readonly context: Context
  /** Of the route. */
  readonly permit: Permit
  readonly body: Uint8Array | null
  readonly contentType: string | undefined
}

/** What lies between the route's decision and its effect. `allowed` gets what is decided on the way. */
async function readyToSend ({ arrived, scope, context, permit, body, contentType }: Allowed, allowed: Permit[], serving: Serving): Promise<Sending> {
  const { id, caller, matched, query } = arrived
  const clean = readRequest({ matched, query, contentType, body }, serving.limits.bodyBytes)
  const observation = await observed({ clean, query, context }, permit, serving)
  if (observation !== null) {
    const { session } = observation
    return { id, request: clean, session, link: serving.linkOf(session), permit, calls: [], observation }
  }
  const session = await serving.sessions.open(caller, scope)
  session.touch()
  const link = serving.linkOf(session)
  await assertOwned(clean, { link, permit })
  const calls = await decideCalls(clean, { session, request: id }, serving)
  allowed.push(...calls.map((call) => call.permit))
  if (isPostTo(PROMPTS, clean)) notePrompt(clean, session, permit, serving)
  if (isPostTo(TURNS, clean) || isPostTo(RESTORES, clean)) await session.collectChanges()
  return { id, request: clean, session, link, permit, calls, observation: null }
}

// The route was decided before anybody knew the session. Whoever has the words of a prompt can show that they were these; the ledger has none of them.
function notePrompt ({ matched, body }: ClientRequest, { context }: AgentSession, permit: Permit, { ledger }: Serving): void {
  const bytes = Buffer.from(body ?? '')
  ledger.record(eventBody('prompt-sent', context, { of: permit.entry, route: matched.route.template, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }))
}

const ASKS = '/permission'

/** The routes that the gateway answers itself: asks of the agent are never those that clients see, and of everything else there is nothing. */
async function answerHere (asked: AskedRoute, { sessions, ledger, ownAsks }: Serving): Promise<unknown> {
  const { matched: { route }, context, permit } = asked
  if (route.class === 'approve') return await answerOwnAsk(asked, sessions, ownAsks)
  ledger.settle(permit, 'done', {})
  return route.template === ASKS ? openOwnAsks(context, sessions, ownAsks.asks).map(({ request }) => request) : []
}

async function answer (sending: Sending, arrived: Arrived, serving: Serving): Promise<void> {
  return sending.request.matched.route.answer === 'events' ? await streamEvents(sending, arrived, serving) : await passOn(sending, arrived.response, serving)
}

async function observed (wanted: Parameters<typeof observe>[0], permit: Permit, serving: Serving): Promise<Observation | null> {
  try {
    return await observe(wanted, serving)
  } catch (thrown) {
    throw thrown instanceof GatewayError && thrown.code === 'WEIR_ERR_ROUTE_UNKNOWN' ? noSuchSession(permit) : thrown
  }
}

function noSuchSession (permit: Permit): GatewayError {
  return new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such session.', { decision: permit.entry })
}

// The same answer for a session of somebody else and for none at all: which of the two it is, is nobody's business.
async function assertOwned (clean: ClientRequest, { link, permit }: { readonly link: AgentLink, readonly permit: Permit }): Promise<void> {
  for (const id of clean.sessions) {
    if (!await link.owner.owns(id)) throw noSuchSession(permit)
  }
}

async function passOn (sending: Sending, response: ServerResponse, serving: Serving): Promise<void> {
  const { request, session, link, permit } = sending
  // Not bound to the client's connection: a client that leaves has not aborted its turn.
  const answer = await settled(sending, serving, () => sendRequest(request, link.agent, { permit, directory: session.endpoint.directory }))
  if (answer.statusCode < 300) noteSize(request, session, serving)
  if (isPostTo(RESTORES, request)) await judgeRestored(session, serving)
  await answerClient(request.matched.route, answer, response, link)
}

// It has happened whatever becomes of this; what cannot be judged now is judged before the next turn, or at the end of the session.
async function judgeRestored (session: AgentSession, { log }: Serving): Promise<void> {
  try {
    await session.collectChanges()
  } catch (thrown) {
    log.warn({ err: thrown, session: session.id }, 'what was restored in a workspace could not be judged yet')
  }
}

function isPostTo (templates: readonly string[], { matched: { route } }: ClientRequest): boolean {
  return route.method === 'POST' && templates.includes(route.template)
}

function noteSize (request: ClientRequest, session: Sending['session'], { terminals }: Serving): void {
  const resize = resizeOf(request)
  if (resize !== null) terminals.resized(session, resize.name, resize.size)
}

// Of a read no body is taken, whatever it says; one that comes all the same is thrown away with the end of the request.
function hasBody ({ method, headers }: IncomingMessage): boolean {
  return method !== 'GET' && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
}
