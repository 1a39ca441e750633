import { canonicalJson } from './canonical-json.ts'
import type { Operation } from './obligations.ts'
import type { PolicyInput } from './policy-input.ts'

type Command = PolicyInput['command']

/** The options that changes add to a command. */
export function flagsOf (operations: readonly Operation[]): ReadonlySet<string> {
  return new Set(operations.flatMap((operation) => operation.op === 'add-flag' ? [operation.flag] : []))
}

/**
 * Whether the only program of a command certainly has the option. It does not count behind `--`, where it is an operand; behind another
 * option, which may take it for its value (`git push -o --dry-run`); or before another option, which may take it back
 * (`--dry-run --no-dry-run`). Options that are demanded as well (`flags`) do neither.
 */
export function hasFlag (command: Command, flag: string, flags: ReadonlySet<string>): boolean {
  const [program, ...others] = command?.programs ?? []
  if (program === undefined || others.length > 0 || command?.opaque !== false) return false
  const { argv } = program
  const at = argv.lastIndexOf(flag)
  if (at < 1 || argv.includes('--') || mayTakeNext(argv[at - 1] ?? '', flags)) return false
  return argv.slice(at + 1).every((word) => !isOption(word) || flags.has(word))
}

/** How often an option is put behind a command so that it is one there: the last word may be an option that takes the first as its value. */
export function timesToAdd (command: Command, flags: ReadonlySet<string>): 1 | 2 {
  return mayTakeNext(command?.programs[0]?.argv.at(-1) ?? '', flags) ? 2 : 1
}

/** Whether `after` is the command `before` with these options behind its only program, and nothing else. */
export function isExtended (before: Command, after: Command, flags: readonly string[]): boolean {
  const [program, ...others] = after?.programs ?? []
  const [old] = before?.programs ?? []
  if (program === undefined || old === undefined || others.length > 0 || after?.opaque !== false) return false
  return canonicalJson([...old.argv, ...flags]) === canonicalJson(program.argv) && !old.argv.includes('--')
}

// Which options take a value only their program knows.
function mayTakeNext (word: string, flags: ReadonlySet<string>): boolean {
  return isOption(word) && !flags.has(word) && !word.includes('=')
}

function isOption (word: string): boolean {
  return word.startsWith('-') && word !== '-'
}
