import type { Finding, FindingKind } from '../core/finding.ts'
import { excerptOf, innerExcerpt, type Excerpt } from './excerpt.ts'
import { createKnownKeys } from './known-keys.ts'
import { createSecretRules, type FindSecrets, type TextSpan } from './secret-rules.ts'
import type { Windows } from './windows.ts'

/**
 * Where something was found: bytes `[start, end)` of the body. `also`: the other rules that hit in these bytes. `bare`: it is a number in
 * JSON, and a number must stand there again.
 */
export interface BodySpan { readonly start: number, readonly end: number, readonly rule: string, readonly also?: readonly string[], readonly bare?: boolean }

/** What is known of a body. `scanned` is false when it has more that looks like secrets than can be looked at; then nothing else is known. */
export interface Scan { readonly scanned: boolean, readonly findings: readonly Finding[], readonly spans: readonly BodySpan[] }

/** Looks through a request body for what must not leave. @param body JSON that was read strictly, so UTF-8 */
export type ScanBody = (body: Buffer) => Scan

export const NOTHING_FOUND: Scan = Object.freeze({ scanned: true, findings: Object.freeze([]), spans: Object.freeze([]) })
export const NOT_SCANNED: Scan = Object.freeze({ scanned: false, findings: Object.freeze([]), spans: Object.freeze([]) })

export const MAX_LEVELS = 3 // a string of the body, JSON text in it (a tool's arguments), and text in that
const MAX_FINDINGS = 10_000
const NO_NAMES: readonly string[] = Object.freeze([])

export interface ScanPorts {
  /** The keys of providers that this gateway holds: the same array until they change. */
  readonly keys: () => readonly string[]
}

/** One scan at a time, all of it at once: nothing is kept between two bodies but the pieces of the known keys. */
export function createScan ({ keys }: ScanPorts): ScanBody {
  const secrets = createSecretRules()
  const known = createKnownKeys(keys)
  return (body) => {
    const { suspects, find } = known()
    const windows = suspects(body)
    if (windows === null) return NOT_SCANNED
    return windows.length === 0 ? NOTHING_FOUND : lookClosely(body, windows, [secrets, find])
  }
}

function lookClosely (body: Buffer, windows: Windows, finders: readonly FindSecrets[]): Scan {
  const found: BodySpan[] = []
  let excerpt: Excerpt | null = excerptOf(body, windows)
  for (let level = 0; excerpt !== null && level < MAX_LEVELS; level += 1) {
    for (const find of finders) found.push(...bodySpans(find(excerpt.text), excerpt))
    excerpt = innerExcerpt(excerpt)
  }
  return scanOf(found, 'secret')
}

/** What was found of one kind, in any order and at all levels of the text. */
export function scanOf (found: BodySpan[], kind: FindingKind): Scan {
  const spans = withoutOverlaps(found)
  if (spans.length > MAX_FINDINGS) return NOT_SCANNED
  return spans.length === 0 ? NOTHING_FOUND : { scanned: true, spans, findings: countsOf(found, kind) }
}

/** Where in the body stands what was found in text of it. */
export function bodySpans (spans: readonly TextSpan[], { text, starts, ends }: Excerpt): readonly BodySpan[] {
  return spans.map(({ start, end, rule }) => {
    // Half of a surrogate pair would be left behind.
    const last = isHighSurrogate(text.charCodeAt(end - 1)) ? end : end - 1
    return { start: starts[start] as number, end: ends[last] as number, rule }
  })
}

function isHighSurrogate (code: number): boolean {
  return code >= 0xd800 && code < 0xdc00
}

/** Spans that overlap become one, under the name of the one that begins first and reaches furthest; the same text always gives the same. */
export function withoutOverlaps (found: readonly BodySpan[]): readonly BodySpan[] {
  const spans: BodySpan[] = []
  for (const span of inOrder(found)) {
    const last = spans.at(-1)
    if (last === undefined || span.start >= last.end) spans.push(span)
    else spans[spans.length - 1] = merged(last, span)
  }
  return spans
}

function inOrder (found: readonly BodySpan[]): BodySpan[] {
  return [...found].sort((a, b) => a.start - b.start || b.end - a.end || (a.rule < b.rule ? -1 : 1))
}

function merged (first: BodySpan, second: BodySpan): BodySpan {
  const { start, rule, also = NO_NAMES } = first
  const isLonger = second.end > first.end
  const names = [second.rule, ...second.also ?? NO_NAMES].filter((name) => name !== rule && !also.includes(name))
  if (names.length === 0 && !isLonger) return first
  return { start, end: isLonger ? second.end : first.end, rule, also: [...also, ...names], ...(first.bare === true && !isLonger ? { bare: true } : {}) }
}

// Counted before they are merged: policy decides by names, and a name must not be lost because another rule's text is around it.
function countsOf (found: readonly BodySpan[], kind: FindingKind): readonly Finding[] {
  const known = new Map<string, { count: number, end: number }>()
  for (const { start, end, rule } of inOrder(found)) {
    const of = known.get(rule)
    if (of === undefined) known.set(rule, { count: 1, end })
    else {
      if (start >= of.end) of.count += 1
      of.end = Math.max(of.end, end)
    }
  }
  return [...known].sort(([a], [b]) => a < b ? -1 : 1).map(([rule, { count }]) => ({ rule, kind, count }))
}
