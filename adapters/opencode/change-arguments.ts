import type { Operation } from '../../gateway/core/obligations.ts'
import { parseStrictJson } from '../../gateway/decode/strict-json.ts'
import { changedMembers, type BlankFindings } from '../change-arguments.ts'
import { isRecord } from './json-record.ts'

const MAX_ARGS_BYTES = 16_777_216 // as the decoder's: what is larger is not allowed in the first place
// The last six are other agents'; of a list of words, which `shell` may have, nothing is changed.
const COMMAND_ARGUMENTS: ReadonlyMap<string, string> = new Map([
  ['bash', 'command'], ['run_shell_command', 'command'], ['shell_command', 'command'], ['exec_command', 'cmd'], ['execute_command', 'command'], ['developer__shell', 'command'], ['shell', 'command'],
])

/**
 * The arguments of a native call, changed; null when a change has no place in them. The text says what it says to every reader: it is
 * written anew, and has to be decoded and decided like any other.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED, WEIR_ERR_DECODE_TOO_LARGE, and what `blank` throws
 */
export function changedArguments (native: string, argumentsText: string, operations: readonly Operation[], blank: BlankFindings): string | null {
  const args = parseStrictJson(argumentsText.trim() === '' ? '{}' : argumentsText, { maxBytes: MAX_ARGS_BYTES })
  if (!isRecord(args)) return null
  const members = changedMembers(args, operations, { command: COMMAND_ARGUMENTS.get(native.toLowerCase()) ?? null, blank })
  return members === null ? null : JSON.stringify(members)
}
