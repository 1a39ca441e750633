import type { DecodedCall, ToolCall, ToolName } from '../../gateway/core/tool-call.ts'
import { isRecord } from './json-record.ts'

const MAX_CALLS = 25 // the most that any version of OpenCode runs of one batch; what it would leave out is not guessed

// The strongest of the tools in a batch names the whole of it.
const STRENGTH = ['read-file', 'search', 'write-file', 'fetch-url', 'run-shell'] as const satisfies readonly ToolName[]

export interface Batch {
  readonly tool: ToolName
  readonly targets: ToolCall['targets']
  readonly command: string | null
  readonly url: string | null
  readonly parts: readonly ToolCall[]
}

/**
 * Reads the calls inside a `batch` call, each as it would be read on its own; 1 to 25 of them. What cannot be judged
 * together is refused: batches in batches, tools of servers and subagents, and a fetch beside anything but looking.
 *
 * @returns what the calls are together, or why they cannot be read
 */
export function readBatch (args: Readonly<Record<string, unknown>>, decode: (native: string, args: unknown) => DecodedCall): Batch | string {
  const calls: unknown = Object.hasOwn(args, 'tool_calls') ? args['tool_calls'] : undefined
  if (!Array.isArray(calls) || calls.length === 0 || calls.length > MAX_CALLS) return `the argument tool_calls is not a list of 1 to ${MAX_CALLS} calls`
  const parts: ToolCall[] = []
  for (const entry of calls as readonly unknown[]) {
    const part = readPart(entry, decode)
    if (typeof part === 'string') return `call ${parts.length + 1} of it: ${part}`
    parts.push(part)
  }
  const fetches = parts.filter(({ tool }) => tool === 'fetch-url')
  // One question has one address, and asks for one permission.
  if (fetches.length > 1 || (fetches.length > 0 && parts.some(({ tool }) => tool === 'write-file' || tool === 'run-shell'))) return 'it fetches more than one address, or does more than to look besides'
  const commands = parts.flatMap(({ command }) => command ?? [])
  return {
    tool: STRENGTH.findLast((tool) => parts.some((part) => part.tool === tool)) ?? 'other',
    targets: parts.flatMap(({ targets }) => targets),
    command: commands.length === 0 ? null : commands.join('\n'),
    url: fetches[0]?.url ?? null,
    parts,
  }
}

function readPart (entry: unknown, decode: (native: string, args: unknown) => DecodedCall): ToolCall | string {
  if (!isRecord(entry) || !Object.hasOwn(entry, 'tool') || typeof entry['tool'] !== 'string') return 'it names no tool'
  if (entry['tool'].toLowerCase() === 'batch') return 'a batch stands in a batch'
  const part = decode(entry['tool'], Object.hasOwn(entry, 'parameters') ? entry['parameters'] : {})
  if (!part.readable) return part.problem
  return (STRENGTH as readonly ToolName[]).includes(part.tool) ? part : `the tool ${part.native} is not for batches`
}
