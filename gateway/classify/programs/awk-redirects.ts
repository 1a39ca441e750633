import type { AwkOutputs } from './awk-outputs.ts'

// A slash begins a pattern behind these, and divides behind a value; behind a condition in brackets it may do either.
const BEFORE_PATTERN = /[(,!~;{}&|=?:\n]$|^$/
const AMBIGUOUS = /\)$/

/**
 * Whether a print of an awk program goes to a file or another program: `>` and `|` behind a `print` and outside of brackets,
 * texts and patterns, but for what `outputs` takes. Linear. @returns null for a text in which that cannot be told
 */
export function awkRedirects (program: string, outputs: AwkOutputs): boolean | null {
  let prints = false
  let depth = 0
  let before = ''
  for (let at = 0; at < program.length;) {
    const character = program.charAt(at)
    if (character === '"') {
      const end = endOf(program, at, '"')
      if (end < 0) return null
      before = '"'
      at = end + 1
    } else if (character === '/' && !AMBIGUOUS.test(before) && BEFORE_PATTERN.test(before)) {
      const end = endOf(program, at, '/')
      if (end < 0 || program.slice(at, end).includes('[')) return null // in a set, a slash ends nothing
      before = '/'
      at = end + 1
    } else if (character === '/' && AMBIGUOUS.test(before)) return null
    else if (character === '#' || character === '\\') return null
    else if (/[A-Za-z_]/.test(character)) {
      const [word = ''] = /^\w+/.exec(program.slice(at, at + 64)) ?? []
      if (word === 'print' || word === 'printf') {
        prints = true
        depth = 0
      }
      before = word
      at += word.length
    } else {
      if (character === '(' || character === '[') depth += 1
      else if (character === ')' || character === ']') depth -= 1
      else if (/[;}\n]/.test(character)) prints = false
      else if (prints && depth <= 0 && (character === '|' ? program.charAt(at + 1) !== '|' && before !== '|' : character === '>')) {
        const taken = character === '>' ? outputs.take(at) : 0
        if (taken === 0) return true
        at += taken - 1
      }
      if (!/[ \t]/.test(character)) before = character
      at += 1
    }
  }
  return false
}

function endOf (program: string, from: number, mark: string): number {
  for (let at = from + 1; at < program.length; at += 1) {
    const character = program.charAt(at)
    if (character === '\\') at += 1
    else if (character === mark) return at
    else if (character === '\n') return -1
  }
  return -1
}

const SORT = 'sort(?: -(?:[bdfghinrusVMz]+|[bdfghinrusVMz]*k ?\\d[\\d.,bdfghinrV]*|t ?[,:;.-]))*'
const SORTED = new RegExp(`\\|[ \\t]*"(?:cat 1?>&2|(?:LC_ALL=C )?${SORT}(?: \\| (?:uniq(?: -[cdu])?|head(?: -n? ?\\d+)?|tail(?: -n? ?\\d+)?|${SORT}))*)"(?=[ \\t]*(?:[;}\\n]|$))`, 'g')

/** An awk program without the sorting of what it prints: `print k, n[k] | "sort -k2 -rn"`, which neither reads a file nor writes one, and without what goes to the other stream. */
export function withoutSorts (program: string): string {
  return program.includes('"') ? program.replace(SORTED, '') : program
}
