const MAX_SIZE = 2 ** 28 // characters or elements of one value: more than any look at one needs, less than fills a sandbox's memory
const MAX_DIGITS = 1e6
const MAX_SHIFT = 1e7 // bits

const STRING = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs
const NUMBER = String.raw`\d[\d_]*(?:\.\d+)?(?:e\+?\d+)?`
// No part of a name or of a fraction; Ruby's ranges have two dots.
const BEFORE = String.raw`(?<!\w|(?<!\.)\.)`
const ALL = new RegExp(`${BEFORE}${NUMBER}`, 'gi')
const POWER = new RegExp(String.raw`${BEFORE}(${NUMBER})\s*\*\*\s*(${NUMBER})(?!\s*\*\*)(?![\w.])`, 'i')
const PRODUCT = new RegExp(String.raw`${BEFORE}(?<!\*\*\s*)(${NUMBER})\s*\*\s*(${NUMBER})(?!\s*\*\*)(?![\w.])`, 'i')
const SHIFT = new RegExp(String.raw`${BEFORE}(${NUMBER})\s*<<\s*(${NUMBER})(?![\w.])`, 'i')
const BRACKETED = new RegExp(String.raw`(?<![\w\])])\(\s*(${NUMBER})\s*\)`, 'i')

// Functions and methods that make as much as a number says.
const SIZED = /(?:\b(?:bytearray|bytes|range|repeat|padStart|padEnd|Array|alloc|allocUnsafe|fill|str_repeat|str_pad|array_fill|rep|center|ljust|rjust|zfill|linspace|arange|zeros|ones|full|eye|rand|randn|seq|times|upto|step|sample|rep_len|numeric)\s*\(|\blength\s*:|\.\.)/
// A text, a list or the value of a bracket, multiplied: with one of them that is so many of it.
const OF_LIST = /['"\])]\s*\*(?!\*)|(?<!\*)\*(?!\*)\s*['"[(]|['")\]]\s*x\s*\d/
const OF_NAMES = /\w\s*\*(?!\*)\s*\w/
// `'%999999999d'`, `f'{x:>999999999}'`
const WIDTH = /%[-+ 0#']*\d{8,}|\{[^{}'"]*:.?[<>=^]?[-+ ]?0?\d{8,}[^{}'":]*\}|^[^{}'"]?[<>^]\d{8,}/
const UNENDING = /\bitertools\b[^]*\b(?:count|cycle|repeat)\(/
const COLLECTS = /\b(?:list|tuple|set|sum|sorted|max|min|dict|len|deque|join)\(/
const STOPS = /\b(?:islice|takewhile|zip|next|break|return)\b/

/**
 * Whether a program of one or a few lines makes a value that fills the memory: a text repeated, a range collected, a power of
 * powers. By its numbers, so that `2 ** 64` and times in milliseconds are what they are.
 */
export function makesHugeValue (text: string): boolean {
  if ((text.match(STRING) ?? []).some((string) => WIDTH.test(string) || WIDTH.test(string.slice(1, -1)))) return true
  const plain = text.replace(STRING, (string) => string.slice(0, 1).repeat(2))
  if (/\biter\([^()]*,/.test(plain) || (UNENDING.test(plain) && COLLECTS.test(plain) && !STOPS.test(plain))) return true
  const folded = fold(plain)
  if (folded === null) return true
  const largest = Math.max(0, ...[...folded.matchAll(ALL)].map(([number]) => valueOf(number)))
  if (largest < MAX_SIZE) return false
  return SIZED.test(folded) || OF_LIST.test(folded) || (largest >= 1e10 && OF_NAMES.test(folded))
}

// Powers, shifts and products of plain numbers become the numbers they are; null when one of them alone is too large.
function fold (text: string): string | null {
  let folded = text
  for (let round = 0; round < 256; round += 1) {
    const found = POWER.exec(folded) ?? SHIFT.exec(folded) ?? BRACKETED.exec(folded) ?? PRODUCT.exec(folded)
    if (found === null) return folded
    const [whole, first = '0', second] = found
    const value = second === undefined ? valueOf(first) : combined(whole, valueOf(first), valueOf(second))
    if (value === null) return null
    folded = `${folded.slice(0, found.index)}${String(Math.min(value, 1e300))}${folded.slice(found.index + whole.length)}`.replace(/e\+/g, 'e')
  }
  return null
}

function combined (whole: string, first: number, second: number): number | null {
  if (whole.includes('**')) return second * Math.log10(Math.max(first, 1)) > MAX_DIGITS ? null : first ** second
  if (whole.includes('<<')) return second > MAX_SHIFT ? null : first * 2 ** second
  return first * second
}

function valueOf (number: string): number {
  return Number(number.replaceAll('_', ''))
}
