import type { ScriptPlace } from '../reached.ts'

/** A piece of a text that is put together: itself, one of a few texts with BETWEEN between them, or a pattern of names. */
export interface Part { readonly pattern: boolean, readonly text: string }

/** Between texts of which a name stands for one. No text has this character. */
export const BETWEEN = '\0'
/** Of how many texts one may be. */
export const MAX_WAYS = 32

/** Parts of which some may be one of a few texts, once for each of these; null when they are too many. */
export function waysOf (parts: readonly Part[]): ReadonlyArray<readonly Part[]> | null {
  let ways: ReadonlyArray<readonly Part[]> = [[]]
  for (const { pattern, text } of parts) {
    ways = ways.flatMap((way) => text.split(BETWEEN).map((one) => [...way, { pattern, text: one }]))
    if (ways.length > MAX_WAYS) return null
  }
  return ways
}

/** The place that parts put together name; null when that is none. */
export function placeOf (parts: readonly Part[]): ScriptPlace | null {
  const first = parts.findIndex(({ pattern }) => pattern)
  const text = parts.map((part) => part.text).join('')
  if (first < 0) return text === '' ? null : { root: text, below: null }
  if (!parts.every((part) => part.pattern || /^[\w./-]*$/.test(part.text))) return null
  const before = parts.slice(0, first).map((part) => part.text).join('')
  const folder = before.slice(0, before.lastIndexOf('/') + 1)
  return { root: folder === '' ? '.' : folder, below: text.slice(folder.length) }
}
