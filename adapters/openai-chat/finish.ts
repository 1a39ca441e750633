import type { RefusalStyle } from '../model-format.ts'

const KNOWN: readonly string[] = ['stop', 'length', 'content_filter', 'tool_calls', 'function_call']

/**
 * The finish reason that fits what is left of an answer. OpenCode asks the model again, without end, when it reads
 * `tool_calls` and finds no call.
 */
export function fittingFinish (finish: string | null, calls: number): string {
  if (finish === 'content_filter') return finish
  if (calls > 0) return 'tool_calls'
  return finish === null || promisesCalls(finish) ? 'stop' : finish
}

/** The reason, but for OpenCode a plain one in the place of those that the protocol does not have (`error`, `abort`): it takes them for no end, and asks again at once. */
export function knownFinish (finish: string | null, style: RefusalStyle): string | null {
  return finish === null || style !== 'invalid-tool' || KNOWN.includes(finish) ? finish : 'stop'
}

export function promisesCalls (finish: string | null): boolean {
  return finish === 'tool_calls' || finish === 'function_call'
}
