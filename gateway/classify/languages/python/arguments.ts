import { closingAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { WRITING_NAME } from './vocabulary.ts'
import { TooMuch } from '../too-much.ts'
import { deepening } from '../brackets.ts'

/** The words between a bracket, behind which this is the first, and its end. */
export function argumentsFrom (tokens: readonly ScriptToken[], from: number): readonly ScriptToken[] {
  const end = closingAt(tokens, from - 1)
  if (end >= tokens.length) throw new TooMuch()
  return tokens.slice(from, end)
}

/** `df.agg('to_csv', 'x')` is `df.to_csv('x')`: none may be named. */
export function namesNoMethod (tokens: readonly ScriptToken[], from: number): void {
  for (const { kind, text } of argumentsFrom(tokens, from)) if (kind === 'string' && WRITING_NAME.test(text)) throw new TooMuch()
}

/** A first value, or one that is called so, would be a file. */
export function makesText (tokens: readonly ScriptToken[], from: number): void {
  const values = argumentsFrom(tokens, from)
  if (values.length > 0 && !(values[0]?.kind === 'name' && values[1]?.text === '=')) throw new TooMuch()
  if (values.some(({ kind, text }) => (kind === 'name' && /buf|path/.test(text)) || (kind === 'mark' && /^\*+$/.test(text)))) throw new TooMuch()
}

// Of a date or a time of day, which have a `replace` of their own; a path's takes no value by name but `target`.
const PARTS_OF_TIME = /^(?:year|month|day|hour|minute|second|microsecond|tzinfo|fold)$/

/** `replace` of a path moves the file; it takes one value, that of a text takes two. */
export function takesTwo (tokens: readonly ScriptToken[], from: number): void {
  let depth = 0
  let commas = 0
  const values = argumentsFrom(tokens, from)
  if (values[0]?.kind === 'name' && PARTS_OF_TIME.test(values[0].text) && values[1]?.text === '=' && !values.some(({ kind, text }) => kind === 'mark' && text === '**')) return
  for (const [at, { kind, text }] of values.entries()) {
    if (kind !== 'mark') continue
    if (/^\*+$/.test(text) && (at === 0 || /^[(,]$/.test(values[at - 1]?.text ?? ''))) throw new TooMuch()
    depth += deepening(text)
    if (depth === 0 && text === ',' && at < values.length - 1) commas += 1
  }
  if (commas === 0) throw new TooMuch()
}
