import { nativeAsk } from '../../adapters/opencode/native-ask.ts'
import type { Yes } from '../approvals/answer-call.ts'
import { createOwnAsks, type OwnAsks } from '../approvals/own-asks.ts'
import { wordSubject } from '../approvals/say-word.ts'
import type { Governance } from '../governance.ts'
import type { Holding } from '../planes/model/hold-call.ts'

const ONCE: Yes = Object.freeze({ scope: 'once', untilMs: null })
const AGENT_SESSION = /^ses_[A-Za-z0-9]{1,60}$/

/** The held calls that who asked for them may answer in their own client, by policy. `offer` opens one where policy lets them say yes. */
export function openOwnAsks ({ approvals, governor }: Pick<Governance, 'approvals' | 'governor'>): { readonly asks: OwnAsks, readonly offer: NonNullable<Holding['offer']> } {
  const asks = createOwnAsks()
  return {
    asks,
    offer ({ approval: id, native, argumentsText, session, agentSession }) {
      const approval = approvals.get(id)
      if (approval === null || agentSession === null || !AGENT_SESSION.test(agentSession)) return null
      const mayAnswer = governor.preview(wordSubject(approval, ONCE), { ...session.context, plane: 'client' }).decision.verdict === 'allow'
      if (!mayAnswer) return null
      const askId = `per_${id.slice('apr_'.length)}`
      const close = asks.open(session.id, { id: askId, approval: id, agentSession, request: nativeAsk({ id: askId, agentSession, native, argumentsText }) })
      return (isGoingOn) => close(isGoingOn ? 'once' : 'reject')
    },
  }
}
