import type { FactCollector, Field } from '../shell/facts.ts'
import { isInput, type Stdin } from './invocation.ts'

// What shows changes as they are recorded, or a file as it is.
const SHOWS = /^(?:git|cat|zcat|gzip|xz|filterdiff|interdiff|combinediff)$/
const CHANGES_NAMES = /^--(?:src|dst|line)-prefix|^--output-indicator|^--format|^--pretty/

/** Whether a patch comes on the input whose files nobody can name: it may be of any, and the command itself may have made it. */
export function isPatchOfAnything (files: readonly Field[], stdin: Stdin, facts: FactCollector): boolean {
  const isPiped = files.every(isInput) && stdin.kind === 'piped' && (stdin.text ?? null) === null
  if (!isPiped && !files.some(({ text }) => text.startsWith('/dev/fd/'))) return false
  const [name = '', ...args] = facts.startedBefore
  return !SHOWS.test(name) || args.some((arg) => CHANGES_NAMES.test(arg)) || args.includes('--no-index')
}
