import { innerExcerpt, type Excerpt } from './excerpt.ts'
import { createPrivateRules, type FindPrivate, type PrivateData } from './private-rules.ts'
import { bodySpans, MAX_LEVELS, scanOf, type BodySpan, type Scan, type ScanBody, NOT_SCANNED } from './scan.ts'
import { STRUCTURE, wholeExcerpt } from './whole-excerpt.ts'

/** Largest body in which private data are looked for: 2 MiB. It is read whole, which takes some 10 ms for each MiB. */
export const MAX_PRIVATE_BYTES = 2_097_152

const DIGITS = /^[0-9]+$/
const MOST_AROUND = 64
const NUMBER_BEHIND = new RegExp(`(?:["'][ \\t]*:|[[,:${String.fromCharCode(STRUCTURE)}])\\s*-?$`)
const NUMBER_AHEAD = new RegExp(`^(?:\\.[0-9]+)?\\s*(?:[,}\\]${String.fromCharCode(STRUCTURE)}]|$)`)

/** Finds the private data that policy asks for, in all of a body. @returns null when it asks for none */
export function createPrivateScan (data: PrivateData): ScanBody | null {
  const find = createPrivateRules(data)
  return find === null ? null : (body) => body.length > MAX_PRIVATE_BYTES ? NOT_SCANNED : lookThrough(body, find)
}

function lookThrough (body: Buffer, find: FindPrivate): Scan {
  const found: BodySpan[] = []
  let excerpt: Excerpt | null = wholeExcerpt(body)
  for (let level = 0; excerpt !== null && level < MAX_LEVELS; level += 1) {
    const { text } = excerpt
    const spans = find(text)
    for (const [i, span] of bodySpans(spans, excerpt).entries()) found.push(isBareNumber(text, spans[i] as BodySpan) ? { ...span, bare: true } : span)
    excerpt = innerExcerpt(excerpt)
  }
  return scanOf(found, 'private')
}

/** Whether it is a JSON number, of the body or of JSON inside of a string: in its place must stand one again. */
function isBareNumber (text: string, { start, end }: { readonly start: number, readonly end: number }): boolean {
  return DIGITS.test(text.slice(start, end)) &&
    NUMBER_BEHIND.test(text.slice(Math.max(0, start - MOST_AROUND), start)) &&
    NUMBER_AHEAD.test(text.slice(end, end + MOST_AROUND))
}
