import type { PermissionAsk } from '../../../adapters/opencode/events.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { DecodedCall } from '../../core/tool-call.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { AgentReplies } from './agent-replies.ts'
import type { OpenCalls } from './open-calls.ts'

const MAX_SEEN = 4_096

const UNKNOWN_CALL = 'This permission request belongs to no tool call that the gateway has seen (rule weir.unknown_ask). Make the call again.'
const UNDECIDED = 'The gateway could not decide this call just now (rule weir.undecided). Make the call again later.'

export interface AnswerPorts {
  readonly session: AgentSession
  readonly govern: Govern
  readonly replies: AgentReplies
  readonly calls: OpenCalls
  readonly log: { warn (detail: object, message: string): void }
}

/** Answers one ask, once. Never rejects: what cannot be decided is refused, what cannot be answered is tried again at the next reconnection. */
export type AnswerAsk = (ask: PermissionAsk) => Promise<void>

export function createAnswerAsk (ports: AnswerPorts): AnswerAsk {
  // An ask can arrive as an event and in the list of open asks; it must not be governed twice.
  const seen = new Set<string>()
  return async (ask) => {
    if (seen.has(ask.id)) return
    seen.add(ask.id)
    if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value ?? '')
    try {
      await decideAsk(ports, ask)
    } catch (cause) {
      ports.log.warn({ err: cause, session: ports.session.id, ask: ask.id }, 'ask could not be decided')
      // Without an answer the turn would hang for ever; a refusal is always safe.
      if (!await isRefused(ports, ask)) seen.delete(ask.id)
    }
  }
}

async function decideAsk (ports: AnswerPorts, ask: PermissionAsk): Promise<void> {
  const found = await callOf(ports, ask)
  const call = found === null ? null : ports.session.planning.counted(found, ask.sessionId)
  if (call === null || ask.call === null) return ports.replies.reject(ask, UNKNOWN_CALL)
  const released = ports.session.released.find(ask.call.callId, call.digest)
  if (released !== null) return ports.replies.approve(ask, released.permit)
  const { decision, permit, approval } = await ports.govern({ kind: 'tool-call', call }, { ...ports.session.context, plane: 'ask' })
  if (permit === null) return ports.replies.reject(ask, approval === null ? decision.feedback : `${decision.feedback} It waits for approval ${approval}.`)
  remember(ports.session, { callId: ask.call.callId, call, permit })
  return ports.replies.approve(ask, permit)
}

// One call can raise several asks in a row (its folder, then itself), and then its start: one decision covers them all.
function remember (session: AgentSession, { callId, call, permit }: { readonly callId: string, readonly call: DecodedCall, readonly permit: Permit }): void {
  session.released.remember({ callId, native: call.native, digest: call.digest, permit, ...(call.readable ? { command: call.command, cwd: call.cwd } : {}) })
}

async function callOf (ports: AnswerPorts, ask: PermissionAsk): Promise<DecodedCall | null> {
  if (ask.call === null || ask.engine !== 1) return null
  const key = { sessionId: ask.sessionId, callId: ask.call.callId }
  const known = ports.calls.find(key)
  if (known !== null) return known
  const part = await ports.replies.partOf(ask)
  if (part === null) return null
  ports.calls.see(part)
  return ports.calls.find(key)
}

async function isRefused (ports: AnswerPorts, ask: PermissionAsk): Promise<boolean> {
  try {
    await ports.replies.reject(ask, UNDECIDED)
    return true
  } catch (cause) {
    ports.log.warn({ err: cause, session: ports.session.id, ask: ask.id }, 'ask could not be answered')
    return false
  }
}
