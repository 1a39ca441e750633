import type { AgentHttp } from '../../../adapters/opencode/agent-http.ts'
import { askOf, toolPartOf, type PermissionAsk, type ToolPart } from '../../../adapters/opencode/events.ts'
import { isRecord } from '../../../adapters/opencode/json-record.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'

const ID = /^[a-z]{3}_[A-Za-z0-9]{1,60}$/

/** What the ask plane says to the agent and asks of it. */
export interface AgentReplies {
  /** Lets the asked-for call run. Always `once`: `always` would hold for every session of the agent. */
  approve (ask: PermissionAsk, permit: Permit): Promise<void>
  /** Refuses with text for the model; without any text OpenCode would end the turn. */
  reject (ask: PermissionAsk, feedback: string): Promise<void>
  /** Asks that are open now. */
  openAsks (): Promise<readonly PermissionAsk[]>
  /** What each conversation does that does anything: `status` by its id, as the agent says it. Null when it does not say. */
  statuses (): Promise<Readonly<Record<string, unknown>> | null>
  /** The tool part an ask is about, when its event was missed; null when there is none. */
  partOf (ask: PermissionAsk): Promise<ToolPart | null>
}

export function createAgentReplies (agent: AgentHttp, directory: string): AgentReplies {
  const query = `?directory=${encodeURIComponent(directory)}`

  function replyPath (ask: PermissionAsk): string {
    if (ask.engine === 1) return `/permission/${ask.id}/reply${query}`
    if (!ID.test(ask.sessionId)) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The agent asked in the name of no session.')
    return `/api/session/${ask.sessionId}/permission/${ask.id}/reply`
  }

  async function reply (ask: PermissionAsk, body: object): Promise<void> {
    const { statusCode, body: answer } = await agent.request({
      method: 'POST', path: replyPath(ask), headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    })
    await answer.dump()
    // 404: the ask is gone, because its turn was aborted or a sibling's refusal took it along.
    if (statusCode !== 200 && statusCode !== 204 && statusCode !== 404) throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent answered ${statusCode} to a permission reply.`)
  }

  async function json (path: string): Promise<unknown> {
    const { statusCode, body } = await agent.request({ method: 'GET', path: `${path}${query}` })
    if (statusCode === 200) return body.json()
    await body.dump()
    return null
  }

  return {
    approve: (ask) => reply(ask, { reply: 'once' }),
    reject: (ask, feedback) => reply(ask, { reply: 'reject', message: feedback }),
    async openAsks () {
      const asks = await json('/permission')
      return Array.isArray(asks) ? asks.flatMap((value) => askOf(value, 1) ?? []) : []
    },
    async statuses () {
      const statuses = await json('/session/status')
      return isRecord(statuses) ? statuses : null
    },
    async partOf (ask) {
      if (ask.call === null || !ID.test(ask.sessionId) || !ID.test(ask.call.messageId)) return null
      const { callId } = ask.call
      const message = await json(`/session/${ask.sessionId}/message/${ask.call.messageId}`)
      const parts = isRecord(message) && Array.isArray(message['parts']) ? message['parts'].flatMap((part) => toolPartOf(part) ?? []) : []
      const own = parts.filter((part) => part.callId === callId)
      return own.length === 1 ? own[0] ?? null : null
    },
  }
}
