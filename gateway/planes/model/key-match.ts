import { LABELLED_HEAD } from './event-labels.ts'

const LONGEST_SPELLED_OUT = 64 // what ends in more of a key than this is looked at whatever comes behind

/** Characters of the key that every text may end in: see `keyBeginnings`. */
export const ASSUMED_CHARS = 1

/** How much of the key a text so far ends in, kept from one piece of the text to the next. */
export interface KeyMatch {
  readonly length: number
  /** @param matched characters of the key that the text ended in before. @returns those it ends in now; `ends` are the places behind whole keys */
  advance (matched: number, text: string): { readonly matched: number, readonly ends: readonly number[] }
}

const NO_ENDS: readonly number[] = Object.freeze([])

/** Finds a key in text that comes in pieces, in time linear in the text (Knuth, Morris and Pratt). */
export function createKeyMatch (key: string): KeyMatch {
  const fallbacks = fallbacksOf(key)
  const step = (matched: number, char: string): number => {
    let q = matched
    while (q > 0 && key[q] !== char) q = fallbacks[q - 1] ?? 0
    return key[q] === char ? q + 1 : 0
  }
  return {
    length: key.length,
    advance (before, text) {
      let matched = before
      let ends = NO_ENDS
      for (let at = 0; at < text.length; at += 1) {
        matched = step(matched, text[at] ?? '')
        if (matched < key.length) continue
        ends = [...ends, at + 1]
        matched = 0
      }
      return { matched, ends }
    },
  }
}

// For each beginning of the key, how much of the key's beginning it ends in.
function fallbacksOf (key: string): readonly number[] {
  const fallbacks = [0]
  for (let at = 1; at < key.length; at += 1) {
    let q = fallbacks[at - 1] ?? 0
    while (q > 0 && key[q] !== key[at]) q = fallbacks[q - 1] ?? 0
    fallbacks.push(key[q] === key[at] ? q + 1 : 0)
  }
  return fallbacks
}

/** Looks in whole events for a text that ends in a beginning of the key, or may. Labels at the beginning of an event are passed over. */
export function createBeginningSearch (key: string): (events: string) => boolean {
  const search = new RegExp(`(${LABELLED_HEAD})|${keyBeginnings(key).source}`, 'g')
  return (events) => {
    search.lastIndex = 0
    for (let hit = search.exec(events); hit !== null; hit = search.exec(events)) if (hit[1] === undefined) return true
    return false
  }
}

/**
 * What JSON looks like in which a string ends in a beginning of the key, or may: printable characters that are written as escapes. One
 * search for all beginnings, as they share theirs; a name (before a colon) is no text. The first character alone is too common an end of
 * words to look for, so a string that begins with the second one counts too, as if the first had come before.
 */
export function keyBeginnings (key: string): RegExp {
  const [first = '', ...chars] = [...key.slice(0, LONGEST_SPELLED_OUT)].map(inJson)
  const rest = chars.reduceRight((later, char) => `${char}(?:"\\s*[,}\\]]|${later})`, '')
  return new RegExp(`\\\\u00[2-7]|(?:${first}|")${rest}`)
}

function inJson (char: string): string {
  const escaped = JSON.stringify(char).slice(1, -1).replace(/[^A-Za-z0-9]/g, '\\$&')
  return char === '/' ? '\\\\?\\/' : escaped
}
