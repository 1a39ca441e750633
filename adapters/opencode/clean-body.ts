import { GatewayError } from '../../gateway/core/errors.ts'
import { field, picked, type Field } from './body-fields.ts'
import { cleanParts, type NativeWish } from './clean-parts.ts'
import { isRecord } from './json-record.ts'

/** A body as it will be sent, and the tool calls that sending it amounts to. */
export interface CleanBody { readonly body: Readonly<Record<string, unknown>>, readonly wishes: readonly NativeWish[] }

type Json = Readonly<Record<string, unknown>>

const ASK_FOR_EVERYTHING = { permission: '*', pattern: '*', action: 'ask' } as const
const MAX_RULES = 256
const MAX_ANSWERS = 64

const model = field.record({ providerID: field.name, modelID: field.name })
const namedModel = field.record({ id: field.name, providerID: field.name, variant: field.name })
const message = field.id('msg')

// `tools` is left out on purpose: the agent stores it as permission rules that outrank the configuration.
const PROMPT = { messageID: message, model, agent: field.name, noReply: field.flag, format: field.object, system: field.text, variant: field.name }

/** How the body of each `clean` or `govern-call` route with a body is rebuilt, by method and template. */
export const BODY_CLEANERS: ReadonlyMap<string, (body: Json) => CleanBody> = new Map([
  // `workspaceID` is left out: a workspace would run the session somewhere else.
  ['POST /session', (body: Json) => withRules(body, ASK_ALWAYS, {
    parentID: field.id('ses'), title: field.text, agent: field.name, model: namedModel, metadata: field.object,
  })],
  ['PATCH /session/{sessionID}', (body: Json) => withRules(body, ASK_WITH_RULES, {
    title: field.text, metadata: field.object, time: field.record({ archived: field.number }),
  })],
  ['POST /session/{sessionID}/message', prompt],
  ['POST /session/{sessionID}/prompt_async', prompt],
  ['POST /session/{sessionID}/command', command],
  ['POST /session/{sessionID}/shell', shell],
  ['POST /session/{sessionID}/init', (body: Json) => plain(body, { modelID: field.name, providerID: field.name, messageID: message })],
  ['POST /session/{sessionID}/summarize', (body: Json) => plain(body, { providerID: field.name, modelID: field.name, auto: field.flag })],
  ['POST /session/{sessionID}/fork', (body: Json) => plain(body, { messageID: message })],
  ['POST /session/{sessionID}/revert', (body: Json) => plain(body, { messageID: message, partID: field.id('prt') })],
  ['POST /question/{requestID}/reply', (body: Json) => plain(body, { answers: field.list(field.list(field.text, MAX_ANSWERS), MAX_ANSWERS) })],
  // No command, args, env or cwd: only the configured shell, which is Weir's wrapper, can start.
  ['POST /pty', (body: Json) => plain(body, { title: field.name })],
  ['PUT /pty/{ptyID}', (body: Json) => plain(body, { title: field.name, size: field.record({ rows: field.number, cols: field.number }) })],
])

function plain (body: Json, fields: Readonly<Record<string, Field>>): CleanBody {
  return { body: picked(body, fields), wishes: [] }
}

const ASK_ALWAYS = 'always'
const ASK_WITH_RULES = 'with rules'

// The last matching rule wins in the agent, so the ask goes first and the client's own denials stay in force after it.
function withRules (body: Json, ask: typeof ASK_ALWAYS | typeof ASK_WITH_RULES, fields: Readonly<Record<string, Field>>): CleanBody {
  const clean = picked(body, fields)
  if (body['permission'] === undefined && ask === ASK_WITH_RULES) return { body: clean, wishes: [] }
  return { body: { ...clean, permission: [ASK_FOR_EVERYTHING, ...denials(body['permission'] ?? [])] }, wishes: [] }
}

function denials (rules: unknown): readonly unknown[] {
  if (!Array.isArray(rules) || rules.length > MAX_RULES) throw malformed(`permission must be a list of at most ${MAX_RULES} rules`)
  return rules
    .filter((rule) => isRecord(rule) && rule['action'] === 'deny')
    .map((rule: Json) => ({ ...picked(rule, { permission: field.name, pattern: field.name }), action: 'deny' }))
}

function prompt (body: Json): CleanBody {
  const { parts, wishes } = cleanParts(body['parts'])
  return { body: { ...picked(body, PROMPT), parts }, wishes }
}

function command (body: Json): CleanBody {
  const clean = picked(body, { messageID: message, agent: field.name, model: field.name, arguments: field.text, command: field.name, variant: field.name })
  const text = String(clean['arguments'] ?? '')
  // A template may end in the `!` that makes a backtick in the arguments a shell command, so every backtick counts.
  if (text.includes('`')) throw denied('Arguments of a slash command may hold no backticks: the agent would run what is between them. Ask in plain words.')
  // The agent reads `@path` unless a word character or a backtick stands before it.
  if (/(?<!\w)@/.test(text)) throw denied('Arguments of a slash command may name no @files: the agent would read them unasked. Ask in plain words.')
  if (body['parts'] === undefined) return { body: clean, wishes: [] }
  const { parts, wishes } = cleanParts(body['parts'])
  return { body: { ...clean, parts }, wishes }
}

function shell (body: Json): CleanBody {
  const clean = picked(body, { messageID: message, agent: field.name, model, command: field.text })
  return { body: clean, wishes: [{ native: 'bash', args: { command: clean['command'] } }] }
}

function malformed (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The body was refused: ${what}.`)
}

function denied (message: string): GatewayError {
  return new GatewayError('WEIR_ERR_DENIED', message, { rule: 'weir.command_arguments' })
}
