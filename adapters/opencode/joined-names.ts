import { isGuarded } from './guarded-names.ts'

const MAX_PARTS = 64 // in quotes, of one text
const MAX_JOINED = 6

const PART = /(['"`])([^'"`\s]{1,24})\1/g
const JOINS = /\b(?:concat\w*|join(?:ed|ing)?|combin(?:e|ed|ing)|glu(?:e|ed|ing)|append(?:ed)?|merg(?:e|ed|ing)|put(?:ting)? together|assembl(?:e|ed)|buil(?:d|t)|form(?:ed|s)?|plus|followed by|spell(?:ed|s|ing)?|stick|paste[d]? together)\b|['"`]\s*[+&]\s*['"`]/i
const SPELLED = /\b(?:dot|period|full stop)\b[\s,-]+e[\s,-]+n[\s,-]+v\b/i

/** Guarded names that a text has in parts, to be put together by who reads it: nobody splits the name of a usual file. */
export function joinedNames (text: string): readonly string[] {
  const spelled = SPELLED.test(text) ? ['.env'] : []
  if (!JOINS.test(text)) return spelled
  const parts = [...text.matchAll(PART)].slice(0, MAX_PARTS).map(([, , part = '']) => part)
  const joined = parts.flatMap((_, from) => Array.from({ length: MAX_JOINED - 1 }, (_, more) => parts.slice(from, from + more + 2)))
    .filter((some) => some.length > 1 && !some.some((part) => (!part.includes('/') && isGuarded(part, 'read')) || /^\.?\/+$/.test(part)))
    .map((some) => some.join('')).filter((name) => isGuarded(name, 'read'))
  return [...new Set([...spelled, ...joined])].slice(0, 1)
}
