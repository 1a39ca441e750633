/** One model answer: tool calls (native name and arguments), or text that ends the turn, for the protocol's usual reason or another. */
export type Step = { readonly calls: ReadonlyArray<readonly [native: string, args: unknown]> } | { readonly text: string, readonly end?: string }

/** Who said something in the history that a request carries, and what, as JSON. */
export interface Turn { readonly speaker: 'user' | 'model' | 'tool', readonly text: string }

/** How a provider's protocol puts a history and an answer. `serial` makes ids that differ between answers. */
export interface Wire {
  /** What the provider's base URL ends with. */
  readonly version: string
  turns (body: any): readonly Turn[] // eslint-disable-line @typescript-eslint/no-explicit-any -- a client's own JSON
  streams (url: string, body: any): boolean // eslint-disable-line @typescript-eslint/no-explicit-any
  whole (step: Step, serial: number): object
  /** The stream's events, each as it stands on the wire. */
  events (step: Step, serial: number): readonly string[]
}

/** What every scripted answer says it used. */
export const USED = { input: 100, output: 10 } as const

/** Arguments are cut in two, as real models send them in pieces. */
export function halves (text: string): readonly [string, string] {
  const middle = Math.floor(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

/** One event of a stream. */
export function sse (value: unknown, name: string | null = null): string {
  return `${name === null ? '' : `event: ${name}\n`}data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
}
