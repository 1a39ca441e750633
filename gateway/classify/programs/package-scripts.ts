import { literal, type Field } from '../shell/facts.ts'

// What projects call their scripts, where a manager starts them by their names alone. One with a colon is no program.
const SCRIPT = /^(?!(?:deploy|publish|release)\b)(?:[a-z][\w-]*:[\w:.-]+|codegen|generate|gen|e2e|types|type-?check|check-types|validate|ci|preview|analyze|coverage|docs|schema|seed|fix|watch|bundle|compile|unit|integration|smoke|i18n|icons|tokens|bench|storybook|(?:test|build|lint|check|format|dev|typecheck)-[\w-]+)$/
// How much of the workspace at once, and how it is told: nothing else changes by them.
const MANNER = /^--(?:workspace-concurrency|reporter|loglevel|network-concurrency|child-concurrency)(?:=|$)/
const LEADING = /^(?:-[rs]|-w|--(?:recursive|silent|workspace-root|if-present|stream|parallel|no-bail|bail|color|no-color|aggregate-output|offline|include-workspace-root|sort|no-sort|verbose))$/

/** A script started by its name, with options of no meaning left out, as `run` would be told to start it; null when it is that already, or something else. */
export function namedScript (words: readonly string[], args: readonly Field[]): readonly Field[] | null {
  const before: Field[] = []
  let at = 0
  let isPlainer = false
  while (at < words.length) {
    const word = words[at] ?? ''
    const [, flag, joined] = /^(--filter|-F|--dir|-C)(?:=(.+))?$/.exec(word) ?? []
    if (MANNER.test(word)) {
      isPlainer = true
      at += word.includes('=') ? 1 : 2
    } else if (flag !== undefined) {
      before.push(literal(flag), literal(joined ?? words[at + 1] ?? ''))
      isPlainer ||= joined !== undefined
      at += joined === undefined ? 2 : 1
    } else if (LEADING.test(word)) {
      before.push(literal(word))
      at += 1
    } else break
  }
  const isScript = SCRIPT.test(words[at] ?? '')
  return at >= words.length || (!isPlainer && !isScript) ? null : [...before, ...isScript ? [literal('run')] : [], ...args.slice(at)]
}
