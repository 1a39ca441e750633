import { sha256 } from '../../gateway/core/canonical-json.ts'
import type { DecodedCall, ToolCall } from '../../gateway/core/tool-call.ts'
import { digestOrNull } from '../call-arguments.ts'

const PROTOCOL = 'mcp'
const MAX_NATIVE_CHARS = 128
const MAX_KEPT_CHARS = 256
const MAX_KEPT = 32
const MAX_KEPT_NAME_CHARS = 64

/**
 * Decodes a call of a tool of an attached MCP server. What the server does with it is not to be seen here: rules have its name, the
 * permission that data give it, and of its arguments the plain ones at the top (texts cut at 256 characters). All of them count in the digest.
 * Never throws.
 *
 * @param native the name that clients call it by: SERVER_TOOL
 * @param problem why the call cannot be made, whatever it says; null when it can
 */
export function decodeMcpCall (native: string, args: unknown, cwd: string, problem: string | null = null): DecodedCall {
  const name = native.slice(0, MAX_NATIVE_CHARS).replace(/[^\x20-\x7e]/g, '?')
  const digest = digestOrNull({ native, args, cwd })
  const refuse = (why: string): DecodedCall => Object.freeze({ readable: false, protocol: PROTOCOL, native: name, problem: why, digest: digest ?? sha256(`${native}\n${typeof args}`) })
  if (digest === null) return refuse('its arguments are nested too deeply')
  if (problem !== null) return refuse(problem)
  if (name !== native) return refuse('its name is not one that a server could have')
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return refuse('its arguments are not an object')
  return Object.freeze({ readable: true, protocol: PROTOCOL, native, tool: 'other', args: keptArgs(args as Readonly<Record<string, unknown>>), targets: [], command: null, url: null, cwd, digest })
}

function keptArgs (args: Readonly<Record<string, unknown>>): ToolCall['args'] {
  const kept: Array<[string, string | number | boolean]> = []
  for (const [name, value] of Object.entries(args)) {
    if (kept.length >= MAX_KEPT) break
    if (name.length > MAX_KEPT_NAME_CHARS) continue
    // Cutting can halve a surrogate pair, and UTF-8 has no form for one half.
    if (typeof value === 'string') kept.push([name, value.length > MAX_KEPT_CHARS ? Buffer.from(value.slice(0, MAX_KEPT_CHARS)).toString() : value])
    else if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) kept.push([name, value])
  }
  return Object.freeze(Object.fromEntries(kept))
}
