import { sha256 } from '../../gateway/core/canonical-json.ts'
import type { DecodedCall, ToolCall, UnreadableCall } from '../../gateway/core/tool-call.ts'
import { parseStrictJson } from '../../gateway/decode/strict-json.ts'
import { digestOrNull, own, wellFormed } from '../call-arguments.ts'
import { readBatch } from './batch.ts'
import { isRecord } from './json-record.ts'
import { NATIVE_TOOLS, type NativeArgs, type NativeField, type NativeTool } from './native-tools.ts'

const PROTOCOL = 'opencode'
/** The longest name that a provider accepts for a function. */
export const NATIVE_CHARS = 128
const MAX_ARGS_BYTES = 16_777_216 // 16 MiB of JSON: one 8 MiB file with every character escaped once
const MAX_DEPTH = 64
const MAX_KEPT_CHARS = 256

/**
 * Decodes one native OpenCode call whose arguments are already parsed JSON. Never throws: what cannot be read is an
 * UnreadableCall, which policy denies. Fields that a known tool does not declare are left out of `args`, not refused:
 * OpenCode ignores them too. They still count in the digest.
 *
 * @param cwd absolute directory of the agent, e.g. `/workspace`
 */
export function decodeOpencodeCall (native: string, args: unknown, cwd: string): DecodedCall {
  const name = nativeName(native)
  const digest = digestOrNull({ native: name, args, cwd })
  if (digest === null) return unreadable(name, 'its arguments are nested too deeply', sha256(`${name}\n${typeof args}`))
  if (!isNativeName(native)) return unreadable(name, 'the tool name is not one a provider could have sent', digest)
  if (!isRecord(args)) return unreadable(name, 'its arguments are not an object', digest)
  if (name === 'batch') return batch(args, { cwd, digest })
  const tool = NATIVE_TOOLS.get(name)
  if (tool === undefined) return call({ native: name, tool: 'other', args: {}, targets: [], command: null, url: null, cwd, digest })
  return known(name, tool, args, { cwd, digest })
}

/** The same for arguments as text, as models send them. Duplicate keys, lone surrogates and depth over 64 are unreadable. */
export function decodeOpencodeText (native: string, argumentsText: string, cwd: string): DecodedCall {
  return decodeArgumentsText(native, argumentsText, cwd, decodeOpencodeCall)
}

/** Parses the arguments strictly and has the call decoded. */
export function decodeArgumentsText (native: string, argumentsText: string, cwd: string, decode: (native: string, args: unknown, cwd: string) => DecodedCall): DecodedCall {
  // Some models send nothing at all for a tool without arguments; OpenCode takes that for `{}`.
  if (argumentsText.trim() === '') return decode(native, {}, cwd)
  let args: unknown
  try {
    args = parseStrictJson(argumentsText, { maxDepth: MAX_DEPTH, maxBytes: MAX_ARGS_BYTES })
  } catch {
    const name = nativeName(native)
    // Duplicate keys and the like: two readers could see two different calls, so nobody gets to see one.
    return unreadable(name, 'its arguments are not well-formed JSON within the limits', sha256(`${name}\n${argumentsText}`))
  }
  return decode(native, args, cwd)
}

function known (native: string, tool: NativeTool, args: Readonly<Record<string, unknown>>, { cwd, digest }: { cwd: string, digest: string }): DecodedCall {
  const problem = misfit(tool.fields, args)
  if (problem !== null) return unreadable(native, problem, digest)
  const touched = tool.touches(textArgs(args), cwd)
  if (touched === null) return unreadable(native, 'it names no file, or too many', digest)
  if (touched.targets.some(({ path }) => path === '' || path.includes('\0'))) return unreadable(native, 'a path in it is empty or holds a NUL', digest)
  return call({ native, tool: tool.tool, args: keptArgs(tool.fields, args), ...touched, digest })
}

function batch (args: Readonly<Record<string, unknown>>, { cwd, digest }: { cwd: string, digest: string }): DecodedCall {
  const read = readBatch(args, (native, inner) => decodeOpencodeCall(native, inner, cwd))
  return typeof read === 'string' ? unreadable('batch', read, digest) : call({ native: 'batch', args: {}, cwd, digest, ...read })
}

function misfit (fields: NativeTool['fields'], args: Readonly<Record<string, unknown>>): string | null {
  for (const [name, field] of Object.entries(fields)) {
    const value = own(args, name)
    if (value === undefined) {
      if (field.required) return `the argument ${name} is missing`
      continue
    }
    if (!hasType(value, field)) return `the argument ${name} is not a ${field.type}`
    if (typeof value === 'string' && value.length > field.max) return `the argument ${name} is longer than ${field.max} characters`
  }
  return null
}

function hasType (value: unknown, field: NativeField): boolean {
  if (field.type === 'array') return Array.isArray(value)
  if (field.type === 'number') return typeof value === 'number' && Number.isFinite(value)
  return field.type === 'string' ? typeof value === 'string' : typeof value === 'boolean'
}

function textArgs (args: Readonly<Record<string, unknown>>): NativeArgs {
  return {
    text (field) {
      const value = own(args, field)
      return typeof value === 'string' ? value : null
    },
    texts (field, member) {
      const value: unknown = own(args, field)
      if (!Array.isArray(value)) return []
      const found = value.map((entry: unknown) => isRecord(entry) ? own(entry, member) : undefined)
      return found.filter((text) => typeof text === 'string')
    },
  }
}

function keptArgs (fields: NativeTool['fields'], args: Readonly<Record<string, unknown>>): ToolCall['args'] {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = field.keep ? own(args, name) : undefined
    if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value
    if (typeof value === 'string') kept[name] = wellFormed(value.slice(0, MAX_KEPT_CHARS))
  }
  return Object.freeze(kept)
}

function call (parts: Omit<ToolCall, 'readable' | 'protocol'>): ToolCall {
  return Object.freeze({ readable: true, protocol: PROTOCOL, ...parts })
}

function unreadable (native: string, problem: string, digest: string): UnreadableCall {
  return Object.freeze({ readable: false, protocol: PROTOCOL, native, problem, digest })
}

// OpenCode repairs a name that it does not know by lower-casing it, so `Bash` runs bash.
function nativeName (native: string): string {
  const lower = native.toLowerCase()
  return NATIVE_TOOLS.has(lower) || lower === 'batch' ? lower : wellFormed(native.slice(0, NATIVE_CHARS))
}

function isNativeName (native: string): boolean {
  return native.length <= NATIVE_CHARS && /^[A-Za-z0-9_.:/-]+$/.test(native)
}
