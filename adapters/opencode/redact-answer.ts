import { isRecord } from './json-record.ts'

const REDACTED = '[redacted]'
const MAX_DEPTH = 64

// Names under which OpenCode's configuration and catalogue answers carry credentials (seen in clear on the real server).
const SECRET_NAME = /^key$|api[-_]?key|token|secret|password|passphrase|authorization|credential|cookie/i
// Objects whose every value may be one: request headers, process environments.
const SECRET_MAP = /^(?:headers?|env|environment)$/i

/**
 * A copy of an answer without credentials: strings under telling names, every string in header and environment maps, and
 * the given secrets wherever they stand. Keys and shapes stay, because clients read them. Deeper than 64 levels becomes null.
 */
export function redactAnswer (value: unknown, secrets: readonly string[], depth = 0): unknown {
  if (depth > MAX_DEPTH) return null
  if (typeof value === 'string') return secrets.some((secret) => secret !== '' && value.includes(secret)) ? REDACTED : value
  if (Array.isArray(value)) return value.map((item) => redactAnswer(item, secrets, depth + 1))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactMember(name, member, secrets, depth)]))
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
