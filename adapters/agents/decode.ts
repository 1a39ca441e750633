import type { DecodedCall } from '../../gateway/core/tool-call.ts'
import { digestOrNull } from '../call-arguments.ts'
import { decodeArgumentsText, decodeOpencodeCall, NATIVE_CHARS } from '../opencode/decode.ts'
import { isRecord } from '../opencode/json-record.ts'
import { AGENT_TOOLS } from './tools.ts'

const PROTOCOL = 'agent'

/**
 * Decodes one native call of a coding agent that may not be OpenCode: as the tool of OpenCode that does the same, where the name is that of a tool of
 * another agent, and else as OpenCode's. Never throws: what cannot be read is an UnreadableCall, which policy denies.
 *
 * @param cwd absolute directory of the agent, e.g. `/workspace`
 */
export function decodeAgentCall (native: string, args: unknown, cwd: string): DecodedCall {
  const name = native.toLowerCase()
  const read = AGENT_TOOLS.get(name)
  const digest = digestOrNull({ native: name, args, cwd })
  if (read === undefined || digest === null || native.length > NATIVE_CHARS || !isRecord(args)) return decodeOpencodeCall(native, args, cwd)
  const form = read(args)
  if (typeof form === 'string') return Object.freeze({ readable: false, protocol: PROTOCOL, native: name, problem: form, digest })
  if (form.as === name && isAsItCame(form.args, args)) return decodeOpencodeCall(native, args, cwd)
  const call = decodeOpencodeCall(form.as, form.args, cwd)
  // A list of things to do goes by the name under which policy knows such lists.
  const known = call.readable && call.tool === 'other' ? form.as : name
  // Of the call as it came: an approval is of that one and of no other way to say it.
  return Object.freeze({ ...call, protocol: PROTOCOL, native: known, digest })
}

function isAsItCame (read: object, args: object): boolean {
  return Object.keys(read).length === Object.keys(args).length && Object.keys(read).every((name) => Object.hasOwn(args, name))
}

/** The same for arguments as text, as models send them. */
export function decodeAgentText (native: string, argumentsText: string, cwd: string): DecodedCall {
  return decodeArgumentsText(native, argumentsText, cwd, decodeAgentCall)
}
