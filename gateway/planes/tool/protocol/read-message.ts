import { Compile } from 'typebox/schema'
import { GatewayError } from '../../../core/errors.ts'
import { decodeUtf8, parseStrictJson } from '../../../decode/strict-json.ts'
import { CLIENT_MESSAGES, MESSAGE_LIMITS, VERBS, type ClientMessage, type Id, type Verb } from './messages.ts'

/** Something that was left alone: a name that this version does not know. */
export interface Unknown { readonly code: 'unknown-verb' | 'unknown-field', readonly text: string }

/** A line as it was understood. `message` is null when nothing is to be done; `id` is what answers can name. */
export interface ReadMessage { readonly id: Id | null, readonly message: ClientMessage | null, readonly unknown: readonly Unknown[] }

/** A line that is no message. `id` is that of the request, if it could be read. */
export class BadMessage extends Error {
  readonly id: Id | null
  override readonly cause: GatewayError

  constructor (id: Id | null, cause: GatewayError) {
    super(cause.message)
    this.id = id
    this.cause = cause
  }
}

const MAX_SHOWN = 64
const MAX_UNKNOWN = 16

const CHECKS = Object.freeze(Object.fromEntries(VERBS.map((verb) => [verb, Compile(CLIENT_MESSAGES[verb])])))

/** Reads one line. @throws BadMessage */
export function readMessage (line: Uint8Array): ReadMessage {
  const value = parsed(line)
  const id = idOf(value)
  const { verb } = value
  if (typeof verb !== 'string') throw new BadMessage(id, malformed('it has no verb'))
  if (!isVerb(verb)) return { id, message: null, unknown: [{ code: 'unknown-verb', text: `The verb ${shown(verb)} is not known here and was left alone.` }] }
  const check = CHECKS[verb]
  if (check === undefined || !check.Check(value)) throw new BadMessage(id, malformed(faultOf(verb, value)))
  const known = CLIENT_MESSAGES[verb].properties
  const strangers = Object.keys(value).filter((name) => !Object.hasOwn(known, name)).slice(0, MAX_UNKNOWN)
  return { id, message: value as unknown as ClientMessage, unknown: strangers.map((name) => ({ code: 'unknown-field', text: `The field ${shown(name)} of ${verb} is not known here and was left alone.` })) }
}

function parsed (line: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseStrictJson(decodeUtf8(line), { maxBytes: MESSAGE_LIMITS.lineBytes, maxDepth: MESSAGE_LIMITS.depth })
  } catch (thrown) {
    throw new BadMessage(null, thrown instanceof GatewayError ? thrown : malformed('it cannot be read'))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadMessage(null, malformed('it is no object'))
  return value as Readonly<Record<string, unknown>>
}

function idOf ({ id }: Readonly<Record<string, unknown>>): Id | null {
  if (typeof id === 'string') return id.length > 0 && id.length <= 64 ? id : null
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : null
}

// The name of the member alone: what is in it may be a file.
function faultOf (verb: Verb, value: Readonly<Record<string, unknown>>): string {
  const errors = CHECKS[verb]?.Errors(value)[1] ?? []
  const path = errors.map(({ instancePath }) => instancePath).find((found) => found !== '')
  if (path !== undefined) return `${shown(path.slice(1).replaceAll('/', '.'))} of ${verb} is not what it should be`
  const properties: Readonly<Record<string, unknown>> = CLIENT_MESSAGES[verb].properties
  const missing = Object.keys(properties).find((name) => CLIENT_MESSAGES[verb].required?.some((wanted: string) => wanted === name) === true && !Object.hasOwn(value, name))
  return missing === undefined ? `it is no ${verb}` : `${verb} needs ${missing}`
}

function isVerb (verb: string): verb is Verb {
  return VERBS.some((known) => known === verb)
}

function malformed (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', `This line is no message: ${what}.`)
}

function shown (name: string): string {
  return name.slice(0, MAX_SHOWN).replace(/[^\x20-\x7e]/g, '?')
}
