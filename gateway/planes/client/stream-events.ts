import type { ServerResponse } from 'node:http'
import type { AgentResponse } from '../../../adapters/opencode/agent-http.ts'
import type { Caller } from '../../identity/caller.ts'
import { answerClient } from './answer-client.ts'
import { openEventFeed, type EventFeed, type Listener } from './event-feed.ts'
import { tellOwnAsks } from './own-ask-records.ts'
import { askForEvents } from './send-request.ts'
import { settleAll, settled, type Sending, type Serving } from './sending.ts'
import { serveEvents } from './serve-events.ts'

/** Streams that show everyone the same of a session, and are opened again when the agent's end drops. The other one replays what came after the client's own mark. */
const SHARED = ['/event', '/global/event']

interface Client { readonly caller: Caller, readonly response: ServerResponse }

/** Answers with events of the agent: through the feed that the session's clients share, or with a stream of the client's own. */
export async function streamEvents (sending: Sending, client: Client, serving: Serving): Promise<void> {
  const { request: { matched: { route } }, session, link, observation } = sending
  if (!SHARED.includes(route.template)) return await ownStream(sending, client, serving)
  const listener: Listener = { response: client.response, mayHear: stillValid(sending, client, serving), keepsRunning: observation === null, ask: senderOf(sending) }
  // Who looks on at another's session answers nothing there.
  if (observation === null) tellOwnAsks({ response: listener.response, mayHear: listener.mayHear }, route.template, session, serving.ownAsks.asks)
  const feed = link.feeds.get(route.template)
  if (feed === undefined) return await firstOfFeed(sending, listener, serving)
  settleAll(sending, serving, 'done', { status: 200 }) // not waited for: meanwhile the feed could end
  feed.add(listener)
}

async function firstOfFeed (sending: Sending, listener: Listener, serving: Serving): Promise<void> {
  const { request: { matched: { route } }, session, link } = sending
  const stop = new AbortController()
  const first = await settled(sending, serving, () => listener.ask(stop.signal))
  first.body.on('error', () => {}) // an abort before anybody reads; who reads sees it as well
  if (first.statusCode !== 200) return await refused(first, sending, listener.response)
  const earlier = link.feeds.get(route.template)
  if (earlier !== undefined) { // somebody else's first request was answered sooner
    stop.abort()
    return earlier.add(listener)
  }
  const feed: EventFeed = openEventFeed({
    first,
    owner: link.owner,
    secrets: link.secrets,
    hasEnded: link.hasEnded,
    touch: () => session.touch(),
    stopping: serving.stopping,
    onLost: lostOn(sending, serving),
    onOver () { if (link.feeds.get(route.template) === feed) link.feeds.delete(route.template) },
  }, stop)
  link.feeds.set(route.template, feed)
  feed.add(listener)
}

async function ownStream (sending: Sending, client: Client, serving: Serving): Promise<void> {
  const { session, link, observation } = sending
  const { response } = client
  const leave = new AbortController()
  response.once('close', () => leave.abort())
  const first = await settled(sending, serving, () => senderOf(sending)(leave.signal))
  if (first.statusCode !== 200) return await refused(first, sending, response)
  await serveEvents({
    first,
    owner: link.owner,
    secrets: link.secrets,
    hasEnded: link.hasEnded,
    isStillValid: stillValid(sending, client, serving),
    // Who looks on does not keep another's session running.
    onRecord () { if (observation === null) session.touch() },
    stopping: serving.stopping,
    onLost: lostOn(sending, serving),
  }, response, leave)
}

// The agent's own refusal of the stream.
async function refused ({ statusCode, headers, body }: AgentResponse, { request: { matched: { route } }, link }: Sending, response: ServerResponse): Promise<void> {
  await answerClient(route, { statusCode, headers, bytes: null, body }, response, { secrets: link.secrets, owner: link.owner })
}

function stillValid ({ observation }: Sending, { caller }: Client, { authenticator }: Serving): () => boolean {
  return () => authenticator.isStillValid(caller) && observation?.isStillAllowed() !== false
}

function senderOf ({ request, session: { endpoint: { directory } }, link, permit }: Sending): (signal: AbortSignal) => Promise<AgentResponse> {
  return (signal) => askForEvents(request, link.agent, { permit, directory, signal })
}

function lostOn ({ id, session }: Sending, { log }: Serving): (cause: unknown) => void {
  return (cause) => log.warn({ err: cause, request: id, session: session.id }, 'the event stream of an agent broke')
}
