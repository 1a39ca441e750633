import { digestOf } from '../gateway/core/canonical-json.ts'

/** SHA-256 (hex) of a call's canonical JSON; null when it is nested too deeply to have one, and is to be refused. */
export function digestOrNull (call: unknown): string | null {
  try {
    return digestOf(call)
  } catch {
    return null // RangeError of canonicalJson: nested deeper than 64, or the stack ran out; refused by the caller
  }
}

/** An argument. Own members only: one called `toString` must not be read off the prototype. */
export function own (args: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(args, name) ? args[name] : undefined
}

/** A text that was cut, fit for UTF-8: cutting can halve a surrogate pair, and one half has no form there. */
export function wellFormed (text: string): string {
  return Buffer.from(text).toString()
}
