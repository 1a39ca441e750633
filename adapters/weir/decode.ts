import { sha256 } from '../../gateway/core/canonical-json.ts'
import type { DecodedCall, ToolCall, UnreadableCall } from '../../gateway/core/tool-call.ts'
import { digestOrNull, own, wellFormed } from '../call-arguments.ts'
import { isRecord } from '../opencode/json-record.ts'
import { NATIVE_TOOLS, type Argument, type Arguments, type NativeTool } from './native-tools.ts'
import type { ToolWork } from './tool-work.ts'

const PROTOCOL = 'weir'
const MAX_NATIVE_CHARS = 128
const MAX_KEPT_CHARS = 256

/** A call of one of Weir's own tools, and what it does when it is allowed. `work` is null when the call cannot be read. */
export interface WeirCall { readonly call: DecodedCall, readonly work: ToolWork | null }

/**
 * Decodes one call of Weir's own tools. Never throws: what cannot be read is an UnreadableCall, which policy denies. An argument that the tool
 * does not take makes the call unreadable: whoever sent it meant something by it, and to leave it out would be another call.
 *
 * @param cwd absolute folder that relative paths count from, e.g. `/workspace`
 * @param protocol what the call is recorded under: the same tools are offered through several protocols
 */
export function decodeWeirWork (native: string, args: unknown, cwd: string, protocol: string = PROTOCOL): WeirCall {
  const refuse = (problem: string, digest: string): WeirCall => ({ call: unreadable({ protocol, native: shown(native), problem, digest }), work: null })
  const digest = digestOrNull({ native, args, cwd })
  if (digest === null) return refuse('its arguments are nested too deeply', sha256(`${native}\n${typeof args}`))
  const tool = NATIVE_TOOLS.get(native)
  if (tool === undefined) return refuse(`there is no such tool; there are ${[...NATIVE_TOOLS.keys()].join(', ')}`, digest)
  if (!isRecord(args)) return refuse('its arguments are not an object', digest)
  const problem = misfit(tool.arguments, args)
  if (problem !== null) return refuse(problem, digest)
  const fitting = readable(args)
  const touched = tool.touches(fitting, cwd)
  const work = Object.freeze(tool.work(fitting, touched))
  const { targets, command, written } = touched
  return { call: Object.freeze({ readable: true, protocol, native, tool: tool.tool, args: keptArgs(tool, args), targets, command, url: null, cwd: touched.cwd, digest, ...(written === undefined ? {} : { written }) }), work }
}

/** The same for the list of adapters, which perform nothing. */
export function decodeWeirCall (native: string, args: unknown, cwd: string): DecodedCall {
  return decodeWeirWork(native, args, cwd).call
}

function misfit (fields: Readonly<Record<string, Argument>>, args: Readonly<Record<string, unknown>>): string | null {
  const stranger = Object.keys(args).find((name) => !Object.hasOwn(fields, name))
  if (stranger !== undefined) return `it takes no argument ${shown(stranger)}`
  for (const [name, field] of Object.entries(fields)) {
    const value = own(args, name)
    if (value === undefined) {
      if (field.required) return `the argument ${name} is missing`
      continue
    }
    const wrong = problemOf(value, field)
    if (wrong !== null) return `the argument ${name} ${wrong}`
  }
  return null
}

function problemOf (value: unknown, { type, min, max }: Argument): string | null {
  if (type === 'boolean') return typeof value === 'boolean' ? null : 'is not true or false'
  if (type === 'integer') return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? null : `is not a whole number from ${min} to ${max}`
  if (typeof value !== 'string') return 'is not a text'
  if (value.length < min) return 'is empty'
  if (value.length > max) return `is longer than ${max} characters`
  return value.includes('\0') ? 'holds a NUL' : null
}

function readable (args: Readonly<Record<string, unknown>>): Arguments {
  return {
    text (name) {
      const value = own(args, name)
      return typeof value === 'string' ? value : null
    },
    integer (name) {
      const value = own(args, name)
      return typeof value === 'number' ? value : null
    },
    flag: (name) => own(args, name) === true,
  }
}

function keptArgs ({ arguments: fields }: NativeTool, args: Readonly<Record<string, unknown>>): ToolCall['args'] {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = field.keep ? own(args, name) : undefined
    if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value
    if (typeof value === 'string') kept[name] = value.length > MAX_KEPT_CHARS ? wellFormed(value.slice(0, MAX_KEPT_CHARS)) : value
  }
  return Object.freeze(kept)
}

function unreadable (parts: Omit<UnreadableCall, 'readable'>): UnreadableCall {
  return Object.freeze({ readable: false, ...parts })
}

// It comes from outside and goes into the ledger.
function shown (name: string): string {
  return name.slice(0, MAX_NATIVE_CHARS).replace(/[^\x20-\x7e]/g, '?')
}
