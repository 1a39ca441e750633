import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { asGatewayError, errorBody, GatewayError } from '../../../core/errors.ts'
import type { Caller } from '../../../identity/caller.ts'
import type { Scope } from '../../../sessions/session.ts'
import { LOOKING } from '../looking.ts'
import { applyNode, applyNodes } from '../protocol/apply.ts'
import type { SessionExchange } from '../protocol/exchange.ts'
import { MESSAGE_LIMITS, type Render } from '../protocol/messages.ts'
import type { Turns } from '../turns.ts'
import type { WishedCall } from '../perform-call.ts'
import type { Asker, SessionTools, ToolPlane } from '../tool-plane.ts'
import type { AttachedTools } from './attached-tools.ts'
import { createCallAnswer, errorAnswer, type AgentMessage } from './call-answer.ts'
import type { TellProgress } from './progress.ts'

const PROTOCOL = 'mcp'
/** What the answers are made of: not their text for clients that show nothing. No diffs: each would be a read in the caller's name, and there is no place for it. */
const RENDERS: ReadonlySet<Render> = new Set(['plan-tree', 'approval-prompt'])

export interface CallToolPorts {
  readonly tools: ToolPlane
  readonly attached: AttachedTools
  /** Whether the token that the caller came with still counts. */
  readonly isValid: (caller: Caller) => boolean
  /** How long a call waits for a second person when its client does not say, ms. */
  readonly holdMs: number
  readonly onError: (error: GatewayError) => void
}

/** One `tools/call`: who asks, by which HTTP request, what ends it, and where word of it goes meanwhile. */
export interface McpCall {
  readonly wish: WishedCall
  /** How long to wait for a second person, ms; null: the client did not say. */
  readonly waitMs: number | null
  readonly caller: Caller
  readonly scope: Scope
  readonly request: string
  readonly signal: AbortSignal
  readonly progress: TellProgress
}

/**
 * Does a call as `apply` does it on the wire protocol: the same decision, the same entries. Calls of attached servers touch no file here, and
 * run beside each other. Never rejects.
 */
export async function callTool (call: McpCall, turns: Turns, ports: CallToolPorts): Promise<CallToolResult> {
  const { wish, caller, scope, request, signal, progress } = call
  try {
    const waitMs = checkedWait(call.waitMs) ?? ports.holdMs
    const answer = createCallAnswer(wish)
    const isAttached = ports.attached.isNamed(wish.tool)
    const ending = await turns.run(isAttached || LOOKING.includes(wish.tool) ? 'read' : 'change', async () => {
      // Now, and not when it came: it may have waited for its turn.
      if (!ports.isValid(caller)) throw new GatewayError('WEIR_ERR_AUTH_INVALID', 'The token does not count any more.')
      const asker: Asker = { caller, scope, request }
      const tools = await ports.tools.open(asker)
      const say = async (message: object): Promise<void> => {
        const said = message as AgentMessage
        answer.take(said)
        if (said.type === 'output') progress.output(said.text)
        if (said.type === 'approval') progress.say(`${said.reason} It waits for a second person: approval ${said.approval}.`)
      }
      const exchange: SessionExchange = { id: null, signal, isCancelled: () => signal.aborted, renders: RENDERS, say, sayText: (text) => say(JSON.parse(text) as object), tools: isAttached ? askedOf(ports.attached, tools) : recordedAs(PROTOCOL, tools), context: ports.tools.contextOf(tools, asker) }
      const waiting = { ...exchange, untilSaid: ports.tools.untilSaid }
      return isAttached ? await applyNode({ node: '1', wish }, waitMs, waiting, () => undefined) : await applyNodes([{ node: '1', wish }], waitMs, waiting)
    })
    return answer.end(ending)
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (error.statusCode >= 500) ports.onError(error)
    return errorAnswer(errorBody(error).error)
  }
}

function recordedAs (protocol: string, tools: SessionTools): SessionTools {
  return { ...tools, perform: (wish, context, io, onDecided) => tools.perform(wish, context, { ...io, protocol }, onDecided) }
}

function askedOf (attached: AttachedTools, tools: SessionTools): SessionTools {
  return { ...tools, perform: (wish, context, { signal }, onDecided) => attached.perform(wish, context, signal, onDecided) }
}

function checkedWait (waitMs: number | null): number | null {
  if (waitMs === null || (Number.isSafeInteger(waitMs) && waitMs >= 0 && waitMs <= MESSAGE_LIMITS.waitMs)) return waitMs
  throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `weir/waitMs is a whole number of milliseconds, at most ${MESSAGE_LIMITS.waitMs}.`)
}
