import { isRecord } from './json-record.ts'

/** An event of the agent in the one form that `/event` and `/global/event` share. */
export interface AgentEvent { readonly type: string, readonly properties: Readonly<Record<string, unknown>> }

/** A permission ask of either of OpenCode's two engines. `call` is null when it names no tool call. */
export interface PermissionAsk {
  readonly engine: 1 | 2
  readonly id: string
  readonly sessionId: string
  readonly permission: string
  readonly call: { readonly messageId: string, readonly callId: string } | null
}

/** A tool part of a message. `input` is complete once the part is running. */
export interface ToolPart {
  readonly id: string
  readonly sessionId: string
  readonly tool: string
  readonly callId: string
  readonly status: string
  readonly input: unknown
}

/** The event in a record's data, or null for what is none, such as the `sync` doubles on `/global/event`. */
export function eventOf (data: string): AgentEvent | null {
  const value = parsed(data)
  const payload = isRecord(value) && isRecord(value['payload']) ? value['payload'] : value
  if (!isRecord(payload) || typeof payload['type'] !== 'string' || payload['type'] === 'sync') return null
  return { type: payload['type'], properties: isRecord(payload['properties']) ? payload['properties'] : {} }
}

/**
 * Whether a record speaks of a permission ask and must not reach a client: a client that sees an ask answers it, and the
 * first answer wins. What cannot be read is hidden as well.
 */
export function isAboutAsks (data: string): boolean {
  const value = recordValue(data)
  return value === null || speaksOfAsks(value)
}

/** The JSON object that a record carries, or null: what cannot be read cannot be judged. */
export function recordValue (data: string): Readonly<Record<string, unknown>> | null {
  const value = parsed(data)
  return isRecord(value) ? value : null
}

/** The same question as `isAboutAsks` of a record that is parsed. */
export function speaksOfAsks (value: Readonly<Record<string, unknown>>): boolean {
  return namesAsk(value) || namesAsk(value['payload']) || namesAsk(inner(value['payload'])) || namesAsk(inner(value))
}

/** The ask in `permission.asked` properties or in an element of `GET /permission`, or null when it has no id to answer to. */
export function askOf (value: unknown, engine: PermissionAsk['engine']): PermissionAsk | null {
  if (!isRecord(value) || typeof value['id'] !== 'string' || !/^per_[A-Za-z0-9]{1,60}$/.test(value['id'])) return null
  const tool = value['tool']
  const isJoined = isRecord(tool) && typeof tool['messageID'] === 'string' && typeof tool['callID'] === 'string'
  return {
    engine,
    id: value['id'],
    sessionId: typeof value['sessionID'] === 'string' ? value['sessionID'] : '',
    permission: typeof value['permission'] === 'string' ? value['permission'] : '',
    call: isJoined ? { messageId: String(tool['messageID']), callId: String(tool['callID']) } : null,
  }
}

/** The tool part in a message part, or null when it is of another kind. */
export function toolPartOf (part: unknown): ToolPart | null {
  if (!isRecord(part) || part['type'] !== 'tool' || !isRecord(part['state'])) return null
  const { id, sessionID, tool, callID, state } = part as Readonly<Record<string, unknown>> & { readonly state: Readonly<Record<string, unknown>> }
  if (typeof id !== 'string' || typeof sessionID !== 'string' || typeof tool !== 'string' || typeof callID !== 'string') return null
  return { id, sessionId: sessionID, tool, callId: callID, status: String(state['status']), input: state['input'] }
}

function inner (value: unknown): unknown {
  return isRecord(value) ? value['syncEvent'] : undefined
}

function namesAsk (value: unknown): boolean {
  return isRecord(value) && typeof value['type'] === 'string' && value['type'].startsWith('permission.')
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // not JSON: the callers treat null as nothing to trust
  }
}
