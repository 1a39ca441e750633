import { strictest } from '../../../core/decision.ts'
import { GatewayError } from '../../../core/errors.ts'
import type { WishedCall } from '../perform-call.ts'
import { wishOf } from './apply.ts'
import { tell, type SessionExchange } from './exchange.ts'
import type { Ending, Plan } from './messages.ts'
import { planText, type PlannedNode } from './texts.ts'

/** What an agent proposed when it was asked: calls, and its own words. */
export interface Proposal { readonly calls: readonly WishedCall[], readonly text: string }

/** Asks the session's agent, in its read-only mode. */
export type Propose = (prompt: string, exchange: SessionExchange) => Promise<Proposal>

/** Says what calls would be decided as, and keeps them as a plan. Nothing is done. @throws GatewayError WEIR_ERR_DECODE_MALFORMED */
export async function planCalls ({ calls, prompt }: Plan, exchange: SessionExchange, propose: Propose): Promise<Ending> {
  if ((calls === undefined) === (prompt === undefined)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'plan takes one of calls and prompt.')
  const { id, tools, context, renders } = exchange
  const proposal = prompt === undefined ? { calls: (calls ?? []).map(wishOf), text: '' } : await propose(prompt, exchange)
  const plan = tools.plans.keep(proposal.calls)
  const nodes = [...plan.calls].map(([node, call]): PlannedNode => ({ node, call, preview: tools.preview(call, context) }))
  const text = proposal.text === '' ? {} : { text: proposal.text }
  const message = { type: 'plan', id, plan: plan.id, ...text, nodes: nodes.map(treeNode) }
  await tell(exchange, tools.log, message, { type: 'plan', id, plan: plan.id, nodes: nodes.map(({ node, call, preview }) => ({ node, tool: call.tool, verdict: preview.decision.verdict })) })
  if (!renders.has('plan-tree')) await exchange.say({ type: 'text', id, text: [proposal.text, planText(nodes)].filter((part) => part !== '').join('\n') })
  return nodes.length === 0 ? 'allow' : strictest(nodes.map(({ preview }) => preview.decision.verdict))
}

function treeNode ({ node, call, preview: { decision, facts } }: PlannedNode): object {
  const { verdict, rule, reason, feedback, revision } = decision
  return { node, call, decision: { verdict, rule, reason, feedback, revision }, targets: facts?.targets ?? [], command: facts?.command?.text ?? null }
}
