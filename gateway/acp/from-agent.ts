import { PATH_FIELDS } from '../../adapters/acp/permission.ts'
import { refusalOf, refusedBy, type Conversation } from './conversation.ts'
import { countIn, isRecord, listIn, nameIn, recordIn, textIn, UnfitParams, valueIn } from './fields.ts'
import { METHOD_NOT_FOUND, type Message, type Params, type RpcError } from './message.ts'
import { commandOutcome, failedWith, fileOutcome } from './outcomes.ts'
import { BUSY, type Answer } from './peer.ts'
import { answerPermission } from './permission-answer.ts'
import type { Places } from './places.ts'
import { shownToEditor } from './shown-to-editor.ts'

const MAX_TERMINALS = 64
const MAX_OUTPUT_BYTES = 1_048_576

type Request = Extract<Message, { kind: 'request' }>
/** What is passed on in place of what came; `heard` gets the editor's answer before the agent does. */
interface Passed { readonly params: Params, readonly heard: (answer: Answer) => Promise<void> }
type Handle = (params: Params, conversation: Conversation) => Promise<Passed | RpcError>

/** The requests of an agent that its editor is to fulfil. Any other is refused, also those of newer versions. */
const REQUESTS: ReadonlyMap<string, Handle> = new Map<string, Handle>([
  ['fs/read_text_file', async (params, conversation) => await onFile('fs/read_text_file', params, { ...countIn(params, 'line'), ...countIn(params, 'limit') }, conversation)],
  ['fs/write_text_file', async (params, conversation) => await onFile('fs/write_text_file', params, { content: textIn(params, 'content') }, conversation)],
  ['terminal/create', startTerminal],
  ['terminal/output', async (params, conversation) => onTerminal('terminal/output', params, conversation)],
  ['terminal/wait_for_exit', async (params, conversation) => onTerminal('terminal/wait_for_exit', params, conversation)],
  ['terminal/kill', async (params, conversation) => onTerminal('terminal/kill', params, conversation)],
  ['terminal/release', async (params, conversation) => {
    const { params: passed, entry } = onTerminal('terminal/release', params, conversation)
    conversation.terminals.delete(nameIn(params, 'terminalId'))
    // A command that is still running then is ended, and nobody is told how.
    return { params: passed, heard: async () => await conversation.outcomes.say(entry, { status: 'unknown' }) }
  }],
])

/** Hears one request or notification of the agent. Never throws. */
export async function hearAgent (message: Message, conversation: Conversation): Promise<void> {
  if (message.kind === 'notification') return await notified(message, conversation)
  if (message.kind !== 'request') return
  if (message.method === 'session/request_permission') return await answerPermission(message, conversation, { sessionOf, toPolicy: callToPolicy })
  const { id, method } = message
  const made = await handled(message, conversation)
  if ('code' in made) return await conversation.agent.refuse(id, made)
  const isOpen = await conversation.editor.ask({ kind: 'request', id, method, params: made.params }, async (answer) => {
    await made.heard(answer)
    await conversation.agent.send(answer)
  })
  if (isOpen) return
  await made.heard({ kind: 'error', id, error: BUSY })
  await conversation.agent.refuse(id, BUSY)
}

async function handled ({ method, params }: Request, conversation: Conversation): Promise<Passed | RpcError> {
  const handle = REQUESTS.get(method)
  if (handle === undefined) return { code: METHOD_NOT_FOUND, message: `Weir: ${method} is not known here, so it is not passed on.` }
  try {
    return await handle(params, conversation)
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

async function notified ({ method, params }: Extract<Message, { kind: 'notification' }>, { editor, places, shown, onWarning }: Conversation): Promise<void> {
  const { sessionId } = params
  const update = recordIn(params, 'update')
  if (method !== 'session/update' || typeof sessionId !== 'string') return onWarning(`a notification of the agent (${JSON.stringify(method)}) is not passed on`)
  shown.hear(sessionId, update)
  await editor.send({ kind: 'notification', method, params: { sessionId, update: shownToEditor(update, places) } })
}

function sessionOf (params: Params, { sessions }: Conversation): string {
  const sessionId = nameIn(params, 'sessionId')
  if (!sessions.has(sessionId)) throw new UnfitParams('there is no such session')
  return sessionId
}

async function onFile (method: string, params: Params, rest: Params, conversation: Conversation): Promise<Passed | RpcError> {
  const { places, policy, outcomes } = conversation
  const sessionId = sessionOf(params, conversation)
  const path = places.toEditor(textIn(params, 'path'))
  if (path === null) throw new UnfitParams('the path is not absolute, or cannot be looked at')
  const said = await policy.decide(method, { path: places.toPolicy(path), ...rest }, { willReport: true })
  if (!said.allowed) return refusedBy(said.text, said.approval)
  outcomes.owe(said.entry)
  // What policy allows a sandboxed agent outside of the project, such as its own /tmp, is not the folder of that name on this machine.
  if (!places.isInside(path)) {
    await outcomes.say(said.entry, { status: 'failed' })
    throw new UnfitParams('the editor reads and writes in the project alone')
  }
  const { content } = rest
  // Where the links led when it was decided, not where they lead by then.
  return { params: { sessionId, path, ...rest }, heard: async (answer) => await outcomes.say(said.entry, fileOutcome(answer, typeof content === 'string' ? content : null)) }
}

async function startTerminal (params: Params, conversation: Conversation): Promise<Passed | RpcError> {
  const { places, policy, terminals, outcomes } = conversation
  const sessionId = sessionOf(params, conversation)
  if (terminals.size >= MAX_TERMINALS) throw new UnfitParams(`at most ${MAX_TERMINALS} terminals are open at once`)
  const folder = valueIn(params, 'cwd')
  const cwd = places.toEditor(typeof folder === 'string' ? folder : places.agentRoot)
  const words = [textIn(params, 'command'), ...listIn(params, 'args')]
  const env = listIn(params, 'env').map((entry) => ({ name: valueIn(isRecord(entry) ? entry : {}, 'name'), value: valueIn(isRecord(entry) ? entry : {}, 'value') }))
  const asked = words.map((word) => typeof word === 'string' ? places.textToPolicy(word) : null)
  if (cwd === null || !places.isInside(cwd) || asked.some((word) => word === null)) throw new UnfitParams('the command or its folder cannot be told from what is outside of the project')
  const [command, ...args] = asked
  const said = await policy.decide('terminal/create', { command, args, env, cwd: places.toPolicy(cwd) }, { willReport: true })
  if (!said.allowed) return refusedBy(said.text, said.approval)
  outcomes.owe(said.entry)
  const limit = Number(countIn(params, 'outputByteLimit')['outputByteLimit'] ?? MAX_OUTPUT_BYTES)
  return {
    params: { sessionId, command: words[0], args: words.slice(1), env, cwd, outputByteLimit: Math.min(limit, MAX_OUTPUT_BYTES) },
    // That it runs is not yet what became of it: that is told by answers about its terminal.
    async heard (answer) {
      if (answer.kind === 'error') return await outcomes.say(said.entry, failedWith(answer.error.code))
      const id = isRecord(answer.result) ? answer.result['terminalId'] : undefined
      if (typeof id !== 'string') return await outcomes.say(said.entry, { status: 'failed' })
      terminals.set(id, said.entry)
    },
  }
}

function onTerminal (method: string, params: Params, conversation: Conversation): Passed & { readonly entry: number | null } {
  const sessionId = sessionOf(params, conversation)
  const terminalId = nameIn(params, 'terminalId')
  const entry = conversation.terminals.get(terminalId)
  if (entry === undefined) throw new UnfitParams('there is no such terminal')
  return {
    params: { sessionId, terminalId },
    entry,
    async heard (answer) {
      const outcome = commandOutcome(method, answer)
      if (outcome !== null) await conversation.outcomes.say(entry, outcome)
    },
  }
}

/** The call of a permission, with what was shown of it before, as policy knows its paths. */
function callToPolicy (call: Params, input: Params, places: Places): Params | null {
  const toPath = (of: unknown): Params => ({ ...(isRecord(of) ? of : {}), ...mapped(of, ['path'], places) })
  const command = valueIn(input, 'command')
  const text = typeof command === 'string' ? places.textToPolicy(command) : command
  const words = Array.isArray(text) ? text.map((word) => typeof word === 'string' ? places.textToPolicy(word) : word) : text
  if (text === null || (Array.isArray(words) && words.includes(null))) return null
  return {
    kind: valueIn(call, 'kind'),
    locations: listIn(call, 'locations').map(toPath),
    content: listIn(call, 'content').map((part) => isRecord(part) && part['type'] === 'diff' ? toPath(part) : part),
    rawInput: { ...input, ...mapped(input, [...PATH_FIELDS, 'cwd', 'workdir'], places), ...(words === undefined ? {} : { command: words }) },
  }
}

function mapped (of: unknown, fields: readonly string[], places: Places): Params {
  const record = isRecord(of) ? of : {}
  return Object.fromEntries(fields.flatMap((field) => {
    const value = valueIn(record, field)
    return typeof value === 'string' ? [[field, places.agentToPolicy(value)]] : []
  }))
}
