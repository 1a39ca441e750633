import { connectAgent, type AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import { askOf, toolPartOf, type AgentEvent, type PermissionAsk, type ToolPart } from '../../../adapters/opencode/events.ts'
import { isRecord } from '../../../adapters/opencode/json-record.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Ledger } from '../../core/ports.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { createAgentReplies, type AgentReplies } from './agent-replies.ts'
import { createAnswerAsk, type AnswerAsk } from './answer-asks.ts'
import { followEvents } from './event-feed.ts'
import { createOpenCalls, type OpenCalls } from './open-calls.ts'

const MAX_CHILDREN = 4_096
const START_MS = 60_000 // an agent that accepts requests but shows no events for a minute is broken

export interface AskPlanePorts {
  readonly govern: Govern
  readonly ledger: Pick<Ledger, 'settle'>
  readonly log: { warn (detail: object, message: string): void }
}

export interface AskPlane { close (): Promise<void> }

interface Desk extends AskPlanePorts {
  readonly session: AgentSession
  readonly replies: AgentReplies
  readonly calls: OpenCalls
  readonly answer: AnswerAsk
  /** Agent sessions that were started by another one. */
  readonly children: Set<string>
}

/**
 * Answers the agent's permission asks from the decisions already made for their calls, reports the end of released calls
 * to the ledger, and starts the file plane after each turn. Resolves once it sees events and open asks are answered.
 *
 * @throws GatewayError WEIR_ERR_AGENT_START when the agent shows no events within a minute
 */
export async function startAskPlane (session: AgentSession, ports: AskPlanePorts): Promise<AskPlane> {
  const agent = connectAgent(session.endpoint)
  const desk = createDesk(session, ports, agent)
  const stop = new AbortController()
  const close = async (): Promise<void> => {
    stop.abort()
    await agent.close()
  }
  session.ended.then(close).catch((cause: unknown) => ports.log.warn({ err: cause, session: session.id }, 'ask plane could not be closed'))
  try {
    await untilConnected(agent, desk, stop)
  } catch (cause) {
    await close()
    throw cause
  }
  return { close }
}

function createDesk (session: AgentSession, ports: AskPlanePorts, agent: AgentHttp): Desk {
  const replies = createAgentReplies(agent, session.endpoint.directory)
  const calls = createOpenCalls(session.endpoint.directory)
  return { ...ports, session, replies, calls, answer: createAnswerAsk({ ...ports, session, replies, calls }), children: new Set() }
}

async function untilConnected (agent: AgentHttp, desk: Desk, stop: AbortController): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new GatewayError('WEIR_ERR_AGENT_START', 'The agent shows no events.')), START_MS)
    let isFirst = true
    const feed = followEvents(agent, {
      onConnected: () => {
        if (!isFirst) askActivity(desk)
        isFirst = false
        answerOpenAsks(desk).then(() => clearTimeout(late)).then(resolve).catch(reject)
      },
      onEvent: (event) => take(desk, event),
      onLost: (cause) => desk.log.warn({ err: cause, session: desk.session.id }, 'event stream of the agent lost'),
    }, stop.signal)
    // Ends only when stopped; by then this promise is settled, unless the agent died while starting.
    feed.then(() => {
      clearTimeout(late)
      reject(new GatewayError('WEIR_ERR_AGENT_START', 'The agent ended before it showed events.'))
    }).catch(reject)
  })
}

async function answerOpenAsks (desk: Desk): Promise<void> {
  try {
    await Promise.all((await desk.replies.openAsks()).map(desk.answer))
  } catch (cause) {
    desk.log.warn({ err: cause, session: desk.session.id }, 'open asks could not be listed')
  }
}

// What it did meanwhile, nobody told.
function askActivity ({ session, replies, log }: Desk): void {
  replies.statuses().then((statuses) => { if (statuses !== null) session.activity.set(statuses) }).catch((cause: unknown) => log.warn({ err: cause, session: session.id }, 'what the agent does could not be asked'))
}

function take (desk: Desk, { type, properties }: AgentEvent): void {
  if (type === 'message.part.updated') takePart(desk, toolPartOf(properties['part']))
  if (type === 'permission.asked') takeAsk(desk, askOf(properties, 1))
  // Clients cannot prompt the second engine, so whatever asks there was not started by one: always refused.
  if (type === 'permission.v2.asked') takeAsk(desk, askOf(properties, 2))
  if (type === 'session.created') noteChild(desk, properties)
  if (type === 'session.status') desk.session.activity.take(properties)
  if (type === 'session.idle') takeIdle(desk, properties['sessionID'])
}

function takePart (desk: Desk, part: ToolPart | null): void {
  if (part === null) return
  if (part.status === 'running') desk.calls.see(part)
  if (part.status !== 'completed' && part.status !== 'error') return
  desk.calls.forget(part)
  const status = part.status === 'completed' ? 'done' : 'failed'
  for (const call of desk.session.released.finish(part.callId)) desk.ledger.settle(call.permit, status, { native: call.native })
}

function takeAsk (desk: Desk, ask: PermissionAsk | null): void {
  if (ask === null) return
  desk.answer(ask).catch((cause: unknown) => desk.log.warn({ err: cause, session: desk.session.id }, 'ask was not answered'))
}

function noteChild (desk: Desk, properties: Readonly<Record<string, unknown>>): void {
  const { info } = properties
  if (!isRecord(info) || typeof info['id'] !== 'string' || typeof info['parentID'] !== 'string') return
  if (desk.children.size < MAX_CHILDREN) desk.children.add(info['id'])
}

// A child's end is the middle of its parent's turn; all changes of a turn belong into one commit.
function takeIdle (desk: Desk, sessionId: unknown): void {
  if (typeof sessionId === 'string' && desk.children.has(sessionId)) return
  desk.session.collectChanges().catch((cause: unknown) => {
    desk.log.warn({ err: cause, session: desk.session.id }, 'changes of a turn could not be collected')
  })
}
