import type { MatchedRoute } from '../../../adapters/opencode/match-route.ts'
import type { Yes } from '../../approvals/answer-call.ts'
import type { Approvals } from '../../approvals/approvals.ts'
import type { OwnAsk, OwnAsks } from '../../approvals/own-asks.ts'
import { sayWord, wordSubject } from '../../approvals/say-word.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Governor } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import type { AgentSession, Sessions } from '../../sessions/session.ts'
import { isOwnSession } from './observe-session.ts'
import { jsonBody } from './read-request.ts'

const MAX_BODY_BYTES = 65_536
const NOTE = 'The user rejected it.'

/** What it takes to answer an ask of one's own agent. */
export interface OwnAskPorts {
  readonly governor: Governor
  readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void }
  readonly approvals: Approvals
  readonly asks: OwnAsks
}

export interface AskedRoute { readonly matched: MatchedRoute, readonly context: Context, readonly permit: Permit, readonly body: Uint8Array | null, readonly contentType: string | undefined }

/** The asks that the caller's own clients show: those of their running session. */
export function openOwnAsks (context: Context, sessions: Pick<Sessions, 'list'>, asks: OwnAsks | undefined): readonly OwnAsk[] {
  const own = asks === undefined ? undefined : ownSession(context, sessions)
  return own === undefined || asks === undefined ? [] : asks.list(own.id)
}

/**
 * Takes the answer of who asked for a call: as their word on its approval, decided and recorded like every other. What is not open in the
 * caller's own session is answered already, or nobody's business.
 *
 * @throws GatewayError WEIR_ERR_DECIDED, WEIR_ERR_DENIED, WEIR_ERR_DECODE_MALFORMED
 */
export async function answerOwnAsk ({ matched, context, permit, body, contentType }: AskedRoute, sessions: Pick<Sessions, 'list'>, ports: OwnAskPorts): Promise<true> {
  const id = matched.params['requestID'] ?? matched.params['permissionID']
  const ask = openOwnAsks(context, sessions, ports.asks).find((open) => open.id === id && (matched.params['sessionID'] ?? open.agentSession) === open.agentSession)
  const approval = ask === undefined ? null : ports.approvals.get(ask.approval)
  if (approval === null) {
    ports.ledger.settle(permit, 'failed', { refused: 'no such ask is open' })
    throw new GatewayError('WEIR_ERR_DECIDED', 'This permission request is not open: the gateway answers them from policy, or it was answered already.', { rule: 'weir.asks_are_decided', decision: permit.entry })
  }
  ports.ledger.settle(permit, 'done', { approval: approval.id })
  const { reply, message } = replyOf(jsonBody({ body, contentType }, MAX_BODY_BYTES))
  const { approvals } = ports
  const yes = reply === 'reject' ? null : yesFor(reply, { approval, context, governor: ports.governor })
  const word = yes === null
    ? { yes, say: (by: string, allowed: Permit) => approvals.refuse(approval.id, by, message ?? NOTE, allowed) }
    : { yes, say: (by: string, allowed: Permit) => approvals.give(approval.id, by, allowed, yes) }
  await sayWord(approval, word, context, { govern: ports.governor.govern, ledger: ports.ledger })
  return true
}

// `always` is what policy says it is: the same call again in this session where data allow that, else this one call.
function yesFor (reply: 'once' | 'always', { approval, context, governor }: { readonly approval: Parameters<typeof wordSubject>[0], readonly context: Context, readonly governor: Governor }): Yes {
  const session: Yes = { scope: 'session', untilMs: null }
  const isAllowed = reply === 'always' && governor.preview(wordSubject(approval, session), context).decision.verdict === 'allow'
  return isAllowed ? session : { scope: 'once', untilMs: null }
}

function replyOf (body: Readonly<Record<string, unknown>>): { readonly reply: 'once' | 'always' | 'reject', readonly message: string | null } {
  // The older route of the agent calls it `response`.
  const reply = body['reply'] ?? body['response']
  const message = typeof body['message'] === 'string' && body['message'] !== '' ? body['message'] : null
  if (reply !== 'once' && reply !== 'always' && reply !== 'reject') throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'A reply is once, always or reject.')
  return { reply, message }
}

function ownSession (context: Context, sessions: Pick<Sessions, 'list'>): AgentSession | undefined {
  return sessions.list().find((session) => isOwnSession(session, context))
}
