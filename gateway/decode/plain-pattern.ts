/** A pattern that was read: as the source of a RegExp, and the most steps it takes at one place of a text. */
export interface PlainPattern { readonly source: string, readonly steps: number }

/** Limits of one pattern: its own length, the length of what it matches, and its work at each place. In characters and steps. */
export const PATTERN_LIMITS = { chars: 256, shortest: 4, longest: 128, repeat: 64, steps: 200 } as const

/** One part: `length` in characters; `steps` of the part alone, and in how many ways it can be taken. */
interface Part { readonly source: string, readonly least: number, readonly most: number, readonly steps: number, readonly ways: number }
interface Taken<T> { readonly value: T, readonly end: number }

const SPECIAL = /[.*+?^$|(){}[\]\\]/
// A quote ends a string in JSON inside of text, and a backslash begins an escape: taking them out would break what is around.
const NEVER = '"'
const CHARS: Readonly<Record<string, string>> = { d: '0-9' }
const RANGES: readonly RegExp[] = [/^[0-9]-[0-9]$/, /^[a-z]-[a-z]$/, /^[A-Z]-[A-Z]$/]

/**
 * Reads a pattern of a syntax that is a small part of that of regular expressions: characters, `\d`, classes (`[A-Z0-9_]`), each with
 * `?`, `{n}` or `{m,n}`, and groups of fixed words (`(DE|AT)`, `(DE|AT)?`). Nothing that can be repeated contains a repeat, so the work
 * at one place of a text has a bound, which is computed here and limited: a search is linear in the text, whatever that says.
 *
 * @returns the problem in words when it is none
 */
export function readPlainPattern (text: string): PlainPattern | string {
  if (text.length > PATTERN_LIMITS.chars) return `is longer than ${PATTERN_LIMITS.chars} characters`
  const parts: Part[] = []
  for (let at = 0; at < text.length;) {
    const part = text[at] === '(' ? groupAt(text, at) : repeatedAt(text, at)
    if (typeof part === 'string') return part
    parts.push(part.value)
    at = part.end
  }
  const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0)
  if (sum(({ least }) => least) < PATTERN_LIMITS.shortest) return `can match fewer than ${PATTERN_LIMITS.shortest} characters, which are in every text`
  if (sum(({ most }) => most) > PATTERN_LIMITS.longest) return `can match more than ${PATTERN_LIMITS.longest} characters`
  // From the end: each way to take a part may be followed by all the work of the parts behind it.
  const steps = parts.reduceRight((behind, part) => part.steps + part.ways * behind, 1)
  if (steps > PATTERN_LIMITS.steps) return `can be matched in too many ways (${steps} steps at one place, at most ${PATTERN_LIMITS.steps})`
  return { source: parts.map(({ source }) => source).join(''), steps }
}

function groupAt (text: string, at: number): Taken<Part> | string {
  const words: string[] = ['']
  let next = at + 1
  while (text[next] !== ')') {
    if (text[next] === '|') {
      words.push('')
      next += 1
      continue
    }
    const char = next < text.length ? charAt(text, next) : 'has a group without an end'
    if (typeof char === 'string') return text[next] === '[' || text[next] === '(' ? 'has more than words in a group' : char
    if (char.value.length > 1 && char.value !== `\\${char.value[1]}`) return 'has more than words in a group'
    words[words.length - 1] += char.value
    next = char.end
  }
  if (words.includes('')) return 'has an empty word in a group'
  const isOptional = text[next + 1] === '?'
  const end = next + (isOptional ? 2 : 1)
  if (isRepeat(text, end)) return 'repeats a group'
  const lengths = words.map((word) => word.replaceAll(/\\(.)/g, '$1').length)
  return {
    end,
    value: {
      source: `(?:${words.join('|')})${isOptional ? '?' : ''}`,
      least: isOptional ? 0 : Math.min(...lengths),
      most: Math.max(...lengths),
      steps: lengths.reduce((total, length) => total + length, 0),
      ways: words.length + (isOptional ? 1 : 0),
    },
  }
}

function repeatedAt (text: string, at: number): Taken<Part> | string {
  const one = text[at] === '[' ? classAt(text, at) : charAt(text, at)
  if (typeof one === 'string') return one
  const repeat = /^(?:\?|\{([0-9]{1,3})(?:,([0-9]{1,3}))?\})/.exec(text.slice(one.end))
  const end = one.end + (repeat?.[0].length ?? 0)
  if (isRepeat(text, end)) return `has a repeat that is not ?, {n} or {m,n} after ${text.slice(at, one.end)}`
  const [least, most] = repeat === null ? [1, 1] : repeat[0] === '?' ? [0, 1] : [Number(repeat[1]), Number(repeat[2] ?? repeat[1])]
  if (most > PATTERN_LIMITS.repeat || least > most || most === 0) return `has a repeat that is not between 1 and ${PATTERN_LIMITS.repeat}, or counts down`
  return { end, value: { source: `${one.value}{${least},${most}}`, least, most, steps: most, ways: most - least + 1 } }
}

function isRepeat (text: string, at: number): boolean {
  return ['*', '+', '?', '{'].includes(text[at] ?? '')
}

function charAt (text: string, at: number): Taken<string> | string {
  const char = text[at] ?? ''
  if (char === '\\') {
    const escaped = text[at + 1] ?? ''
    const named = CHARS[escaped]
    if (named !== undefined) return { value: `[${named}]`, end: at + 2 }
    if (!SPECIAL.test(escaped) && !/^[-/]$/.test(escaped)) return `has \\${escaped}, which stands for nothing here`
    return escaped === '\\' ? 'has a backslash, which cannot be looked for' : { value: `\\${escaped}`, end: at + 2 }
  }
  if (!isPlain(char)) return 'has a character that is not printable ASCII, or a double quote'
  if (SPECIAL.test(char)) return `has ${char}, which is not part of this syntax, at character ${at + 1}`
  return { value: char === '/' || char === '-' ? `\\${char}` : char, end: at + 1 }
}

function classAt (text: string, at: number): Taken<string> | string {
  const close = text.indexOf(']', at)
  const inside = text.slice(at + 1, close)
  if (close === -1 || inside === '') return 'has a class without an end, or an empty one'
  let source = ''
  for (let next = 0; next < inside.length;) {
    const range = inside.slice(next, next + 3)
    const char = range[0] ?? ''
    if (RANGES.some((form) => form.test(range)) && char < (range[2] ?? '')) {
      source += range
      next += 3
      continue
    }
    if (range.length === 3 && range[1] === '-') return `has the range ${range}, which is not one of digits, or of letters of one case`
    if (!isPlain(char) || /[\\^[]/.test(char)) return `has ${char} in a class; classes hold characters and ranges`
    source += /[A-Za-z0-9]/.test(char) ? char : `\\${char}`
    next += 1
  }
  return { value: `[${source}]`, end: close + 1 }
}

function isPlain (char: string): boolean {
  return /^[ -~]$/.test(char) && char !== NEVER
}
