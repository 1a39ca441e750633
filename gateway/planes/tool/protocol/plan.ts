import { strictest } from '../../../core/decision.ts'
import { GatewayError } from '../../../core/errors.ts'
import type { Proposal } from '../proposal.ts'
import { wishOf } from './apply.ts'
import { tell, type SessionExchange } from './exchange.ts'
import type { Ending, Plan } from './messages.ts'
import { planText, type PlannedNode, type PlannedStep } from './texts.ts'

/** Asks the session's agent, in its read-only mode. Null: it was cancelled. */
export type Propose = (prompt: string, exchange: SessionExchange) => Promise<Proposal | null>

/** Says what calls would be decided as, and keeps them as a plan. Nothing is done. @throws GatewayError WEIR_ERR_DECODE_MALFORMED, and as `Propose` */
export async function planCalls ({ calls, prompt }: Plan, exchange: SessionExchange, propose: Propose): Promise<Ending> {
  if ((calls === undefined) === (prompt === undefined)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'plan takes one of calls and prompt.')
  const { id, tools, context, renders } = exchange
  const proposal = prompt === undefined ? { steps: [{ title: '', calls: (calls ?? []).map(wishOf) }], text: '' } : await propose(prompt, exchange)
  if (proposal === null) return 'cancelled'
  const plan = tools.plans.keep(proposal.steps.flatMap((step) => step.calls))
  const nodes = [...plan.calls].map(([node, call]): PlannedNode => ({ node, call, preview: tools.preview(call, context) }))
  const steps = stepsOf(proposal, nodes)
  const own = {
    ...(proposal.text === '' ? {} : { text: proposal.text }),
    ...(prompt === undefined ? {} : { steps: steps.map(({ title, nodes: of }) => ({ title, nodes: of.map(({ node }) => node) })) }),
  }
  const message = { type: 'plan', id, plan: plan.id, ...own, nodes: nodes.map(treeNode) }
  await tell(exchange, tools.log, message, { type: 'plan', id, plan: plan.id, nodes: nodes.map(({ node, call, preview }) => ({ node, tool: call.tool, verdict: preview.decision.verdict })) })
  if (!renders.has('plan-tree')) await exchange.say({ type: 'text', id, text: [proposal.text, planText(steps)].filter((part) => part !== '').join('\n') })
  return nodes.length === 0 ? 'allow' : strictest(nodes.map(({ preview }) => preview.decision.verdict))
}

// Nodes are numbered through, in the order of the steps.
function stepsOf ({ steps }: Proposal, nodes: readonly PlannedNode[]): readonly PlannedStep[] {
  let at = 0
  return steps.map(({ title, calls }) => {
    const from = at
    at += calls.length
    return { title, nodes: nodes.slice(from, at) }
  })
}

function treeNode ({ node, call, preview: { decision, facts } }: PlannedNode): object {
  const { verdict, rule, reason, feedback, revision } = decision
  return { node, call, decision: { verdict, rule, reason, feedback, revision }, targets: facts?.targets ?? [], command: facts?.command?.text ?? null }
}
