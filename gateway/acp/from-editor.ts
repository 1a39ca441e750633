import { refusalOf, refusedBy, type Conversation } from './conversation.ts'
import { isRecord, listIn, nameIn, recordIn, textIn, UnfitParams, valueIn } from './fields.ts'
import { INVALID_REQUEST, METHOD_NOT_FOUND, type Message, type Params, type RpcError } from './message.ts'
import { BUSY } from './peer.ts'
import { agentTextParts } from './prompt-parts.ts'

const PROTOCOL_VERSION = 1
const MAX_SESSIONS = 1_024

/** What is passed on in place of what came, and what is made of the answer. */
interface Passed { readonly params: Params, readonly back?: (result: unknown) => unknown }
type Handle = (params: Params, conversation: Conversation) => Promise<Passed | RpcError>

/** The requests of an editor. Any other is refused; what is not named here of a known one does not reach the agent. */
const REQUESTS: ReadonlyMap<string, Handle> = new Map<string, Handle>([
  ['initialize', async (params) => ({ params: clientSide(params), back: agentSide })],
  ['authenticate', async () => refusedBy('agents log in nowhere: models are reached through the gateway.')],
  ['session/new', async (params, conversation) => ({ params: opened(params, conversation), back: (result) => begun(result, conversation) })],
  ['session/load', reopened],
  ['session/resume', reopened],
  ['session/close', async (params) => ({ params: { sessionId: nameIn(params, 'sessionId') } })],
  ['session/list', async (params, { places }) => ({
    params: { cwd: places.agentRoot, ...(typeof params['cursor'] === 'string' ? { cursor: nameIn(params, 'cursor') } : {}) },
    back: (result) => listed(result, places.root),
  })],
  ['session/prompt', prompted],
  ['session/set_mode', async (params, conversation) => await decided('session/set_mode', { sessionId: nameIn(params, 'sessionId'), modeId: nameIn(params, 'modeId') }, conversation)],
  ['session/set_model', async (params, conversation) => await decided('session/set_model', { sessionId: nameIn(params, 'sessionId'), modelId: nameIn(params, 'modelId') }, conversation)],
  ['session/set_config_option', async (params, conversation) => await decided('session/set_config_option', {
    sessionId: nameIn(params, 'sessionId'), configId: nameIn(params, 'configId'), value: nameIn(params, 'value'),
  }, conversation)],
])

/** Hears one request or notification of the editor. Never throws. */
export async function hearEditor (message: Message, conversation: Conversation): Promise<void> {
  if (message.kind === 'notification') return await notified(message, conversation)
  if (message.kind !== 'request') return
  const { id, method } = message
  const made = await handled(message, conversation)
  if ('code' in made) return await conversation.editor.refuse(id, made)
  const isOpen = await conversation.agent.ask({ kind: 'request', id, method, params: made.params }, async (answer) => {
    await conversation.editor.send(answer.kind === 'error' || made.back === undefined ? answer : answered(answer, made.back))
  })
  if (!isOpen) await conversation.editor.refuse(id, BUSY)
}

async function handled ({ method, params }: Extract<Message, { kind: 'request' }>, conversation: Conversation): Promise<Passed | RpcError> {
  const handle = REQUESTS.get(method)
  if (handle === undefined) return { code: METHOD_NOT_FOUND, message: `Weir: ${method} is not known here, so it is not passed on.` }
  try {
    return await handle(params, conversation)
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

function answered (answer: Extract<Message, { kind: 'result' }>, back: (result: unknown) => unknown): Message {
  try {
    return { kind: 'result', id: answer.id, result: back(answer.result) }
  } catch {
    // What the agent said cannot be passed on; the editor is told instead of left to wait.
    return { kind: 'error', id: answer.id, error: { code: INVALID_REQUEST, message: 'Weir: the agent answered what the protocol does not know.' } }
  }
}

async function notified ({ method, params }: Extract<Message, { kind: 'notification' }>, conversation: Conversation): Promise<void> {
  const { sessionId } = params
  if (method === 'session/cancel' && typeof sessionId === 'string') return await conversation.agent.send({ kind: 'notification', method, params: { sessionId } })
  conversation.onWarning(`a notification of the editor (${JSON.stringify(method)}) is not passed on`)
}

async function decided (method: string, params: Params, { policy }: Conversation): Promise<Passed | RpcError> {
  const said = await policy.decide(method, params)
  return said.allowed ? { params } : refusedBy(said.text, said.approval)
}

function clientSide (params: Params): Params {
  const offered = recordIn(params, 'clientCapabilities')
  const files = recordIn(offered, 'fs')
  const { name, version } = recordIn(params, 'clientInfo')
  return {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: { fs: { readTextFile: files['readTextFile'] === true, writeTextFile: files['writeTextFile'] === true }, terminal: offered['terminal'] === true },
    ...(typeof name === 'string' && typeof version === 'string' ? { clientInfo: { name, version } } : {}),
  }
}

// Servers of tools that the editor could hand over, and logins, are not offered: they would work past the gateway.
function agentSide (result: unknown): Params {
  const version = isRecord(result) ? result['protocolVersion'] : undefined
  if (version !== PROTOCOL_VERSION) throw new UnfitParams('the agent speaks another version')
  const can = recordIn(result, 'agentCapabilities')
  const prompt = recordIn(can, 'promptCapabilities')
  const session = recordIn(can, 'sessionCapabilities')
  const { name, version: release } = recordIn(result, 'agentInfo')
  return {
    protocolVersion: PROTOCOL_VERSION,
    agentCapabilities: {
      loadSession: can['loadSession'] === true,
      mcpCapabilities: { http: false, sse: false },
      promptCapabilities: { image: prompt['image'] === true, audio: prompt['audio'] === true, embeddedContext: prompt['embeddedContext'] === true },
      sessionCapabilities: Object.fromEntries(['list', 'resume', 'close'].filter((name) => isRecord(session[name])).map((name) => [name, {}])),
    },
    authMethods: [],
    ...(typeof name === 'string' && typeof release === 'string' ? { agentInfo: { name, version: release } } : {}),
  }
}

function opened (params: Params, { places, onWarning }: Conversation): Params {
  const cwd = places.toAgent(textIn(params, 'cwd'))
  if (cwd === null) throw new UnfitParams(`the session's folder is not in ${places.root}, for which weir acp was started`)
  if (listIn(params, 'additionalDirectories').length > 0) throw new UnfitParams('a session has one folder')
  if (listIn(params, 'mcpServers').length > 0) onWarning('the MCP servers of the editor are left out: their tools would work past the gateway')
  return { cwd, mcpServers: [] }
}

function begun (result: unknown, { sessions }: Conversation): unknown {
  const id = nameIn(isRecord(result) ? result : {}, 'sessionId')
  remember(id, sessions)
  return result
}

async function reopened (params: Params, conversation: Conversation): Promise<Passed> {
  const sessionId = nameIn(params, 'sessionId')
  const folder = opened(params, conversation)
  remember(sessionId, conversation.sessions) // its old messages come before the answer
  return { params: { sessionId, ...folder } }
}

function remember (id: string, sessions: Set<string>): void {
  sessions.add(id)
  const [oldest] = sessions
  if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
}

function listed (result: unknown, root: string): unknown {
  const list = listIn(isRecord(result) ? result : {}, 'sessions').filter(isRecord)
  const next = isRecord(result) ? valueIn(result, 'nextCursor') : undefined
  return { sessions: list.map((session) => ({ ...session, cwd: root })), ...(typeof next === 'string' ? { nextCursor: next } : {}) }
}

async function prompted (params: Params, conversation: Conversation): Promise<Passed | RpcError> {
  const sessionId = nameIn(params, 'sessionId')
  const { parts, asked } = agentTextParts(listIn(params, 'prompt'), conversation.places)
  if (asked !== null) {
    const said = await conversation.policy.decide('session/prompt', { prompt: asked })
    if (!said.allowed) return refusedBy(said.text, said.approval)
  }
  return { params: { sessionId, prompt: parts } }
}
