import { GatewayError } from '../../gateway/core/errors.ts'
import type { AgentHttp } from './agent-http.ts'
import { PLAN_TITLE } from './ask-for-plan.ts'
import { isRecord } from './json-record.ts'

const ID = /^ses_[A-Za-z0-9]{1,60}$/
const MESSAGES = 20 // the newest ones: the last word of a user is among them, or the agent's own defaults are as good
const WAIT_MS = 5_000 // an agent that is busy ending answers late; nothing waits for it longer

/**
 * Puts a note into the conversation that the agent had last, as a word of its user that asks for no answer: the model reads it with the next
 * request, and clients show it.
 *
 * @returns whether there was a conversation to put it into
 * @throws GatewayError WEIR_ERR_UPSTREAM, or what the connection throws when the agent is gone
 */
export async function tellAgent (agent: AgentHttp, directory: string, text: string): Promise<boolean> {
  const query = `directory=${encodeURIComponent(directory)}`
  const session = newestOf(await json(agent, `/session?${query}`))
  if (session === null) return false
  const body = { noReply: true, ...wordOf(await json(agent, `/session/${session}/message?${query}&limit=${MESSAGES}`)), parts: [{ type: 'text', text }] }
  const { statusCode, body: answer } = await agent.request({
    method: 'POST', path: `/session/${session}/message?${query}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(WAIT_MS),
  })
  await answer.dump()
  if (statusCode !== 200) throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent answered ${statusCode} to a note.`)
  return true
}

// A subagent's conversation ends with its task, and a plan's with the plan; the others go on.
function newestOf (sessions: unknown): string | null {
  const own = (Array.isArray(sessions) ? sessions : []).filter(isRecord).filter(({ id, parentID, title }) => typeof id === 'string' && ID.test(id) && parentID === undefined && title !== PLAN_TITLE)
  const [newest] = own.toSorted((a, b) => updatedAt(b) - updatedAt(a))
  return newest === undefined ? null : String(newest['id'])
}

function updatedAt ({ time }: Readonly<Record<string, unknown>>): number {
  return isRecord(time) && typeof time['updated'] === 'number' ? time['updated'] : 0
}

// Said again, because a word without them would move the conversation to the agent's defaults.
function wordOf (messages: unknown): { readonly agent?: string, readonly model?: object } {
  const infos = (Array.isArray(messages) ? messages : []).filter(isRecord).map(({ info }) => info).filter(isRecord)
  const last = infos.findLast(({ role }) => role === 'user')
  const { agent, model } = last ?? {}
  return { ...(typeof agent === 'string' ? { agent } : {}), ...(isRecord(model) ? { model: { providerID: model['providerID'], modelID: model['modelID'] } } : {}) }
}

async function json (agent: AgentHttp, path: string): Promise<unknown> {
  const { statusCode, body } = await agent.request({ method: 'GET', path, signal: AbortSignal.timeout(WAIT_MS) })
  if (statusCode === 200) return await body.json()
  await body.dump()
  return null
}
