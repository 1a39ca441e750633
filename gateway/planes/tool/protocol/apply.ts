import { GatewayError } from '../../../core/errors.ts'
import type { Governed } from '../../../core/govern.ts'
import { LOOKING } from '../looking.ts'
import type { CollectReport } from '../../file/file-plane.ts'
import type { WishedCall } from '../perform-call.ts'
import type { ToolResult } from '../runner/tool-result.ts'
import { tell, type SessionExchange } from './exchange.ts'
import type { Apply, Ending } from './messages.ts'
import { tellChanges } from './changes.ts'
import { heldText } from './texts.ts'
import { tellDiff } from './write-diff.ts'

const MAX_ASKED_AGAIN = 8 // times that policy changes while somebody waits; then the call stays pending

/** What an `apply` is to do, by node, in order. */
export interface WishedNode { readonly node: string, readonly wish: WishedCall }

/** @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_ROUTE_UNKNOWN when there is no such plan or node */
export function nodesOf ({ call, calls, plan, nodes }: Apply, { tools }: SessionExchange): readonly WishedNode[] {
  const forms = [call, calls, plan].filter((form) => form !== undefined)
  if (forms.length !== 1 || (nodes !== undefined && plan === undefined)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', 'apply takes one of call, calls and plan; nodes go with a plan.')
  if (plan === undefined) return (calls ?? (call === undefined ? [] : [call])).map((wished, at) => ({ node: String(at + 1), wish: wishOf(wished) }))
  const kept = tools.plans.get(plan)
  if (kept === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such plan in this session.')
  return (nodes ?? [...kept.calls.keys()]).map((node) => {
    const wish = kept.calls.get(node)
    if (wish === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', `The plan has no node ${node}.`)
    return { node, wish }
  })
}

export function wishOf ({ tool, args }: { readonly tool: string, readonly args?: unknown }): WishedCall {
  return { tool, args: args ?? {} }
}

/** Does the calls in order until one is not done, then brings what changed into the project. @throws GatewayError */
export async function applyNodes (nodes: readonly WishedNode[], waitMs: number, exchange: SessionExchange & Waiting): Promise<Ending> {
  let ending: Ending = 'allow'
  let mayHaveChanged = false
  const looks: CollectReport[] = []
  // One that made a commit was the end of another conversation's turn: its commit is not this request's to tell, or to take back.
  const stop = exchange.tools.onCollected((report) => { if (report.commit === null) looks.push(report) })
  try {
    for (const [at, { node, wish }] of nodes.entries()) {
      if (ending !== 'allow') break
      const collectsNext = at === nodes.length - 1
      ending = exchange.isCancelled() ? 'cancelled' : await applyNode({ node, wish, collectsNext }, waitMs, exchange, () => { mayHaveChanged ||= !LOOKING.includes(wish.tool) })
    }
  } finally {
    stop()
    // Also when a call broke off: what it wrote until then is decided on like the rest.
    if (mayHaveChanged) await tellChanges(exchange, looks)
  }
  return ending
}

/** Waits for a second person's word. */
export interface Waiting { untilSaid (approval: string, signal: AbortSignal): Promise<boolean> }

/** Does one call, and as often as policy changed while somebody waited for the word about it. @throws GatewayError */
export async function applyNode (wished: WishedNode & { readonly collectsNext?: boolean }, waitMs: number, exchange: SessionExchange & Waiting, onAllowed: () => void): Promise<Ending> {
  const fromMs = performance.now()
  for (let round = 0; ; round += 1) {
    const { governed, result } = await performNode(wished, exchange, onAllowed)
    if (result !== null) return endingOf(result, exchange)
    if (governed.approval === null) return 'deny'
    const isLast = waitMs === 0 || round === MAX_ASKED_AGAIN
    if (isLast || !await exchange.untilSaid(governed.approval, deadline(exchange.signal, fromMs + waitMs))) return exchange.signal.aborted ? 'cancelled' : 'pending'
  }
}

function deadline (signal: AbortSignal, atMs: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(atMs - performance.now())))])
}

async function performNode ({ node, wish, collectsNext = false }: Parameters<typeof applyNode>[0], exchange: SessionExchange, onAllowed: () => void): Promise<{ readonly governed: Governed, readonly result: ToolResult | null }> {
  const { id, tools: { log }, context, renders } = exchange
  const end = await exchange.tools.perform(wish, context, {
    get signal () { return exchange.signal },
    isCancelled: exchange.isCancelled,
    collectsNext,
    ...(exchange.onTerminal === undefined ? {} : { onTerminal: exchange.onTerminal }),
    onOutput: (stream, text) => tell(exchange, log, { type: 'output', id, node, stream, text }),
  }, async (governed) => {
    if (governed.permit !== null) onAllowed()
    await tell(exchange, log, { type: 'decided', id, node, tool: wish.tool, ...decisionOf(governed) })
    await tellDiff(node, wish, governed, exchange)
    if (governed.approval !== null) await exchange.say(renders.has('approval-prompt') ? promptOf(node, wish, governed, exchange) : { type: 'text', id, text: heldText(governed) })
  })
  if (end.result !== null) await tellResult(node, end.result, exchange)
  return end
}

/** A decision as messages hold it. */
export function decisionOf ({ decision: { verdict, rule, reason, feedback, revision }, entry, approval }: Governed): object {
  return { verdict, rule, reason, feedback, revision, entry, ...(approval === null ? {} : { approval }) }
}

function promptOf (node: string, wish: WishedCall, { decision: { rule, reason }, approval, facts }: Governed, { id }: SessionExchange): object {
  return { type: 'approval', id, node, approval, rule, reason, call: { tool: wish.tool, targets: facts?.targets ?? [], command: facts?.command?.text ?? null } }
}

/** Says what became of an allowed call. */
export async function tellResult (node: string, result: ToolResult, exchange: SessionExchange): Promise<void> {
  const { id, tools: { log } } = exchange
  const { ok, ...detail } = result
  const event = { type: 'result', id, node, status: endingOf(result, exchange) === 'cancelled' ? 'cancelled' : ok ? 'done' : 'failed', ...detail }
  if (!('kind' in result) || result.kind === 'command' || result.kind === 'written') return await tell(exchange, log, event)
  await tell(exchange, log, event, { type: 'result', id, node, status: event.status, kind: result.kind, left: 'what was read is not kept' })
}

function endingOf (result: ToolResult, { signal }: SessionExchange): Ending {
  if (result.ok) return 'allow'
  return signal.aborted && 'how' in result && result.how === 'killed' ? 'cancelled' : 'failed'
}
