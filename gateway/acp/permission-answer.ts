import type { Said } from './ask-policy.ts'
import { refusalOf, type Conversation } from './conversation.ts'
import { isRecord, listIn, recordIn, valueIn } from './fields.ts'
import { INVALID_PARAMS, type Message, type Params } from './message.ts'
import { BUSY, type Answer } from './peer.ts'
import type { Places } from './places.ts'

type Request = Extract<Message, { kind: 'request' }>

const ALLOW = 'weir-allow-once'
const REJECT = 'weir-reject'

export interface PermissionReading {
  readonly sessionOf: (params: Params, conversation: Conversation) => string
  readonly toPolicy: (call: Params, input: Params, places: Places) => Params | null
}

interface Wish { readonly request: Request, readonly sessionId: string, readonly args: Params }

/**
 * Answers what an agent asks its user for by what policy says. Only a call that policy leaves to this very user reaches the editor, with a
 * yes that is good for once; every other waits for somebody else under its approval's id, or is refused.
 */
export async function answerPermission (request: Request, conversation: Conversation, reading: PermissionReading): Promise<void> {
  const { agent, policy } = conversation
  try {
    const wish = read(request, conversation, reading)
    if (wish === null) return await answer(request, null, conversation, 'It cannot be told whether it stays in the project.')
    const said = await policy.decide('session/request_permission', wish.args)
    if (!said.allowed && said.approval !== null && said.own) return await offer(wish, said.approval, conversation)
    await conclude(wish, said, conversation)
  } catch (thrown) {
    await agent.refuse(request.id, refusalOf(thrown))
  }
}

function read (request: Request, conversation: Conversation, { sessionOf, toPolicy }: PermissionReading): Wish | null {
  const { params } = request
  const sessionId = sessionOf(params, conversation)
  const call = recordIn(params, 'toolCall')
  const id = valueIn(call, 'toolCallId')
  const shown = typeof id === 'string' ? conversation.shown.of(sessionId, id) : null
  const toolCall = toPolicy(call, { ...shown?.rawInput, ...recordIn(call, 'rawInput') }, conversation.places)
  const title = valueIn(call, 'title')
  const name = shown?.name ?? (typeof title === 'string' ? title : null)
  return toolCall === null ? null : { request, sessionId, args: { toolCall, ...(name === null ? {} : { name }) } }
}

async function conclude ({ request, sessionId }: Wish, said: Said, conversation: Conversation): Promise<void> {
  await answer(request, said, conversation, said.allowed ? null : said.text, sessionId)
}

// The call is shown as the agent shows it; what its buttons do is not the agent's to say.
async function offer (wish: Wish, approval: string, conversation: Conversation): Promise<void> {
  const { request, sessionId } = wish
  const params = {
    sessionId,
    toolCall: recordIn(request.params, 'toolCall'),
    options: [{ optionId: ALLOW, kind: 'allow_once', name: `Allow once (${approval})` }, { optionId: REJECT, kind: 'reject_once', name: 'Reject' }],
  }
  const isOpen = await conversation.editor.ask({ ...request, params }, async (answered) => {
    const isYes = saysYes(answered)
    const said = isYes && await conversation.policy.approve(approval)
      // An approval is a fact that policy is told of, not an answer in itself.
      ? await conversation.policy.decide('session/request_permission', wish.args)
      : { allowed: false, text: isYes ? `Approval ${approval} could not be given.` : `It was rejected (approval ${approval}).`, approval, own: false } as const
    await conclude(wish, said, conversation)
  })
  if (!isOpen) await conversation.agent.refuse(request.id, BUSY)
}

function saysYes (answered: Answer): boolean {
  const outcome = answered.kind === 'result' ? recordIn(answered.result, 'outcome') : {}
  return outcome['outcome'] === 'selected' && outcome['optionId'] === ALLOW
}

async function answer (request: Request, said: Said | null, { agent, editor }: Conversation, text: string | null, sessionId?: string): Promise<void> {
  const options = listIn(request.params, 'options').filter(isRecord)
  const kind = said?.allowed === true ? 'allow_once' : 'reject_once'
  const optionId = options.find((option) => option['kind'] === kind)?.['optionId']
  if (said?.allowed === true && typeof optionId !== 'string') return await agent.refuse(request.id, { code: INVALID_PARAMS, message: 'Weir: there is no option that allows this once.' })
  if (text !== null && sessionId !== undefined) await editor.send(note(sessionId, text))
  const outcome = typeof optionId === 'string' ? { outcome: 'selected', optionId } : { outcome: 'cancelled' }
  await agent.send({ kind: 'result', id: request.id, result: { outcome } })
}

// Agents have no place for a reason in this answer; the person in front of the editor is told here.
function note (sessionId: string, text: string): Message {
  return { kind: 'notification', method: 'session/update', params: { sessionId, update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `\n[Weir] ${text}\n` } } } }
}
