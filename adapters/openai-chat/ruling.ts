/** A whole tool call of a model's answer, as the gateway must decide it. `problem` is set when its pieces contradict each other. */
export interface AnsweredCall { readonly id: string, readonly native: string, readonly argumentsText: string, readonly problem: string | null }

/** What became of it: passed on, or refused with words for the model. */
export type Ruling = { readonly allowed: true } | { readonly allowed: false, readonly feedback: string }

/** Decides one call and records the answer. Never throws: what could not be decided is refused. */
export type Rule = (call: AnsweredCall) => Promise<Ruling>

/**
 * How a refused call looks to the client. OpenCode runs its built-in tool `invalid`, which does nothing and gives the
 * model the reason; another client would not know that tool, so it gets the reason as text.
 */
export const REFUSAL_STYLES = ['invalid-tool', 'text'] as const
export type RefusalStyle = typeof REFUSAL_STYLES[number]

/** What a refused call becomes for OpenCode. */
export function invalidCall (native: string, feedback: string): { readonly name: string, readonly argumentsText: string } {
  return { name: 'invalid', argumentsText: JSON.stringify({ tool: native, error: feedback }) }
}

/** What a refused call becomes for other clients. */
export function refusalText (native: string, feedback: string): string {
  return `\n[The tool call ${native} was not passed on. ${feedback}]\n`
}

/**
 * The finish reason that fits what is left of an answer. OpenCode asks the model again, without end, when it reads
 * `tool_calls` and finds no call.
 */
export function fittingFinish (finish: string | null, calls: number): string {
  if (finish === 'content_filter') return finish
  if (calls > 0) return 'tool_calls'
  return finish === null || finish === 'tool_calls' || finish === 'function_call' ? 'stop' : finish
}
