import { isRecord } from './json-record.ts'

const REDACTED = '[redacted]'
const MAX_DEPTH = 64
const NOWHERE = 'http://redacted.invalid' // an address still, for clients that take it apart; no name under .invalid resolves (RFC 6761)
const NO_HOST = 'redacted.invalid'
const NO_SOCKET = '[socket]'
const MIN_ADDRESS_CHARS = 7 // `::1:123`, the shortest that is looked for

// Addresses that mean something only where the agent is: loopback, link-local, private (RFC 1918, RFC 4193) and sockets in the file system.
const V4 = String.raw`localhost|127(?:\.\d+){1,3}|0\.0\.0\.0|10(?:\.\d+){3}|192\.168(?:\.\d+){2}|169\.254(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}`
const INTERNAL = new RegExp(String.raw`(?:https?|wss?):\/\/(?:[^/?#@\s"']*@)?(?:${V4}|\[[0-9a-f:.]+\])(?::\d+)?(?=[/?#,;)\]}\s"'${'`'}]|$)|unix:\/\/`, 'gi')
// Without a scheme an address needs its port: `10.1.2.3` may be a version, and `[12:30]` a time. Not in the path of another address.
const V6 = String.raw`\[(?:::1?|::ffff:[\d.:a-f]+|f[cd][0-9a-f]{2}:[0-9a-f:]*|fe80:[0-9a-f:]*)(?:%\w+)?\]`
const HOST_AND_PORT = new RegExp(String.raw`(?<![\w.-])(?<![\w:]\/)(?:${V4}|${V6}|(?<!:)::1):\d{1,5}(?![\w:])`, 'gi')
const SOCKET_FILE = /(?:\bunix:(?:\/\/)?|(?<![\w.~@+/-]))(?:\/[\w.@+-]+)+\.sock(?![\w-]|\.\w)/g

// Names under which OpenCode's configuration and catalogue answers carry credentials (seen in clear on the real server).
const SECRET_NAME = /^key$|api[-_]?key|token|secret|password|passphrase|authorization|credential|cookie/i
// Objects whose every value may be one: request headers, process environments.
const SECRET_MAP = /^(?:headers?|env|environment)$/i

/**
 * A copy of an answer without credentials and without internal addresses: strings under telling names, every string in header and
 * environment maps, and the given secrets wherever they stand. Keys and shapes stay, because clients read them. Deeper than 64 levels becomes null.
 */
export function redactAnswer (value: unknown, secrets: readonly string[], depth = 0): unknown {
  if (depth > MAX_DEPTH) return null
  if (typeof value === 'string') return redactText(value, secrets)
  if (Array.isArray(value)) return value.map((item) => redactAnswer(item, secrets, depth + 1))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactMember(name, member, secrets, depth)]))
}

// Addresses first: one of them may be among the secrets, and clients take apart what stands where an address was.
function redactText (value: string, secrets: readonly string[]): string {
  const text = withoutAddresses(value)
  return secrets.some((secret) => secret !== '' && text.includes(secret)) ? REDACTED : text
}

/** The text with a name that leads nowhere in place of addresses that mean something only where the agent is, sockets in the file system among them. */
export function withoutAddresses (text: string): string {
  if (text.length < MIN_ADDRESS_CHARS) return text
  const files = text.includes('.sock') ? text.replace(SOCKET_FILE, NO_SOCKET) : text
  // Looked at one by one: the catalogue of all providers has some hundred thousand texts, most of them without either.
  if (!files.includes(':')) return files
  const addresses = files.includes('://') ? files.replace(INTERNAL, NOWHERE) : files
  return addresses.replace(HOST_AND_PORT, NO_HOST)
}

function redactMember (name: string, member: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof member === 'string' && SECRET_NAME.test(name)) return REDACTED
  // The `env` of a provider is a list of variable names, which is no secret; a map of values is.
  if (isRecord(member) && SECRET_MAP.test(name)) return blank(member, depth + 1)
  return redactAnswer(member, secrets, depth + 1)
}

function blank (value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return null
  if (Array.isArray(value)) return value.map((item) => blank(item, depth + 1))
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, blank(member, depth + 1)]))
  return typeof value === 'string' ? REDACTED : value
}
