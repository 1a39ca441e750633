import { GatewayError } from '../../gateway/core/errors.ts'
import type { AgentHttp } from './agent-http.ts'
import { isRecord } from './json-record.ts'

/** Title of the conversations in which plans are made: they are the gateway's, and gone afterwards. */
export const PLAN_TITLE = 'Weir plan'

const ID = /^ses_[A-Za-z0-9]{1,60}$/
const LEAVE_MS = 5_000 // an agent that is busy ending answers late; nothing waits for it longer
const MAX_ANSWER_BYTES = 4_194_304 // of one message with all its parts; a plan is a few thousand characters

// The model is not even offered these; a call of one, and of any other that does more than read, is denied besides.
const WITHHELD = ['edit', 'bash', 'task', 'todowrite', 'webfetch', 'websearch', 'codesearch', 'skill', 'question', 'plan_enter', 'plan_exit']

export interface PlanQuestion {
  readonly prompt: string
  /** What the model is told beside the agent's own instructions. */
  readonly system: string
  readonly signal: AbortSignal
  /** Hears of the conversation before anything is said in it. @returns what is to be called when it is over */
  readonly onBegin: (agentSession: string) => () => void
}

/**
 * Asks the agent in its read-only mode (`plan`), in a conversation of its own that is removed afterwards. Aborting ends the turn.
 *
 * @returns its last words
 * @throws GatewayError WEIR_ERR_UPSTREAM when the turn failed, WEIR_ERR_DECODE_TOO_LARGE; what the connection throws when it is aborted or the agent is gone
 */
export async function askForPlan (agent: AgentHttp, directory: string, question: PlanQuestion): Promise<string> {
  const query = `directory=${encodeURIComponent(directory)}`
  const post = (path: string, body: object, signal: AbortSignal): ReturnType<AgentHttp['request']> => agent.request({
    method: 'POST', path: `${path}?${query}`, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal,
  })

  async function begin (): Promise<string> {
    const permission = WITHHELD.map((name) => ({ permission: name, pattern: '*', action: 'deny' }))
    const { statusCode, body } = await post('/session', { title: PLAN_TITLE, permission }, question.signal)
    const made: unknown = statusCode === 200 ? await body.json() : await body.dump()
    if (!isRecord(made) || typeof made['id'] !== 'string' || !ID.test(made['id'])) throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent answered ${statusCode} instead of beginning a plan.`)
    return made['id']
  }

  // Closing the connection does not end a turn, and what cannot be ended may go on: then it stays a plan's.
  async function leave (session: string, onOver: () => void): Promise<void> {
    const signal = AbortSignal.timeout(LEAVE_MS)
    const aborted = await post(`/session/${session}/abort`, {}, signal)
    await aborted.body.dump()
    const removed = await agent.request({ method: 'DELETE', path: `/session/${session}?${query}`, signal })
    await removed.body.dump()
    if (removed.statusCode === 200) onOver()
  }

  const session = await begin()
  const onOver = question.onBegin(session)
  try {
    const { statusCode, body } = await post(`/session/${session}/message`, { agent: 'plan', system: question.system, parts: [{ type: 'text', text: question.prompt }] }, question.signal)
    const text = await boundedText(body)
    if (statusCode !== 200) throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent answered ${statusCode} to the question for a plan.`)
    return wordsOf(text)
  } finally {
    await leave(session, onOver).catch(() => undefined) // the agent is gone, and its conversations with it
  }
}

async function boundedText (body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new GatewayError('WEIR_ERR_DECODE_TOO_LARGE', `The agent's plan is larger than ${MAX_ANSWER_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function wordsOf (text: string): string {
  const message = parsed(text)
  const info = isRecord(message) ? message['info'] : null
  const parts = isRecord(message) ? message['parts'] : null
  if (!isRecord(info) || !Array.isArray(parts)) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The agent answered the question for a plan in a form that is not known.')
  if (info['error'] !== undefined) throw new GatewayError('WEIR_ERR_UPSTREAM', `The agent could not make a plan${nameOf(info['error'])}.`)
  return parts.filter(isRecord).filter(({ type, synthetic }) => type === 'text' && synthetic !== true).map(({ text }) => typeof text === 'string' ? text : '').join('\n')
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // no answer of the agent's own
  }
}

// The name alone: its text can quote a provider's answer.
function nameOf (error: unknown): string {
  const name = isRecord(error) ? error['name'] : null
  return typeof name === 'string' && /^[A-Za-z]{1,64}$/.test(name) ? `: ${name}` : ''
}
