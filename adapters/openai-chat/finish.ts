/**
 * The finish reason that fits what is left of an answer. OpenCode asks the model again, without end, when it reads
 * `tool_calls` and finds no call.
 */
export function fittingFinish (finish: string | null, calls: number): string {
  if (finish === 'content_filter') return finish
  if (calls > 0) return 'tool_calls'
  return finish === null || promisesCalls(finish) ? 'stop' : finish
}

export function promisesCalls (finish: string | null): boolean {
  return finish === 'tool_calls' || finish === 'function_call'
}
