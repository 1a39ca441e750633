import type { Field } from '../shell/facts.ts'

const NAME_TESTS: ReadonlySet<string> = new Set(['-name', '-iname', '-path', '-ipath', '-wholename', '-iwholename', '-lname'])
/** Options of `find` that start a program. */
export const EXECUTORS: ReadonlySet<string> = new Set(['-exec', '-execdir', '-ok', '-okdir'])
const ACTION = /^-(?:print0?|printf|fprint0?|fprintf|fls|ls|exec|execdir|ok|okdir|delete)$/
const ALTERNATIVES: ReadonlySet<string> = new Set(['-o', '-or', ','])
const NEGATIONS: ReadonlySet<string> = new Set(['!', '-not'])

/**
 * The patterns that one of the names found surely fits; null when it may be any. A name test counts where nothing goes
 * round it: `-name x -o -type f` finds everything, and what is behind `!` says what is not found.
 */
export function soughtNames (expression: readonly Field[]): readonly string[] | null {
  return unionOf(withoutPrograms(expression), expression.some(({ text }) => ACTION.test(text)))
}

// `-path X -prune` takes X away from what the other branches find, unless all that is found is printed.
function unionOf (expression: readonly Field[], acts: boolean): readonly string[] | null {
  const patterns: string[] = []
  for (const branch of branchesOf(expression)) {
    if (acts && branch.at(-1)?.text === '-prune') continue
    const found = patternsOf(branch, acts)
    if (found === null) return null
    patterns.push(...found)
  }
  return patterns.length === 0 ? null : patterns
}

// The words for a program are its own: `-exec grep -name {} ;` tests no name. That it is started keeps its branch apart from one that only prunes.
function withoutPrograms (expression: readonly Field[]): readonly Field[] {
  const words: Field[] = []
  for (let at = 0; at < expression.length; at += 1) {
    const word = expression[at]
    if (word === undefined) break
    if (EXECUTORS.has(word.text)) at = endOfExec(expression, at + 1)
    words.push(word)
  }
  return words
}

/** Where the words for a program that `-exec` starts end. */
export function endOfExec (words: readonly Field[], from: number): number {
  const at = words.findIndex(({ text }, index) => index >= from && (text === ';' || (text === '+' && words[index - 1]?.text === '{}')))
  return at < 0 ? words.length : at
}

// All of a branch holds for what it finds, so that any of its tests narrows it.
function patternsOf (branch: readonly Field[], acts: boolean): readonly string[] | null {
  const patterns: string[] = []
  for (let at = 0; at < branch.length; at += 1) {
    const text = branch[at]?.text ?? ''
    const negated = NEGATIONS.has(branch[at - 1]?.text ?? '')
    if (text === '(') {
      const end = closing(branch, at)
      const inner = negated ? null : unionOf(branch.slice(at + 1, end), acts)
      if (inner !== null) patterns.push(...inner)
      at = end
    } else if (NAME_TESTS.has(text)) {
      const pattern = branch[at + 1]
      if (pattern !== undefined && !negated) patterns.push(pattern.text)
      at += 1
    }
  }
  return patterns.length === 0 ? null : patterns
}

function branchesOf (expression: readonly Field[]): ReadonlyArray<readonly Field[]> {
  const branches: Field[][] = [[]]
  let depth = 0
  for (const [at, word] of expression.entries()) {
    // A name may look like anything: `-name '('`.
    if (!NAME_TESTS.has(expression[at - 1]?.text ?? '')) {
      if (word.text === '(') depth += 1
      if (word.text === ')') depth -= 1
      if (depth === 0 && ALTERNATIVES.has(word.text)) {
        branches.push([])
        continue
      }
    }
    branches.at(-1)?.push(word)
  }
  return branches
}

function closing (branch: readonly Field[], from: number): number {
  let depth = 0
  for (let at = from; at < branch.length; at += 1) {
    if (NAME_TESTS.has(branch[at - 1]?.text ?? '')) continue
    if (branch[at]?.text === '(') depth += 1
    if (branch[at]?.text === ')') depth -= 1
    if (depth === 0) return at
  }
  return branch.length
}
