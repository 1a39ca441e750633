import type { Stdin } from '../programs/invocation.ts'
import type { Directories, Field } from './facts.ts'
import type { FunctionCall } from './functions.ts'

/** What a statement finds when it starts. */
export interface State {
  readonly directories: Directories
  readonly stdin: Stdin
  /** See Invocation. */
  readonly narrowed?: boolean
  /** Whether a later stage of the pipeline ends this one. */
  readonly bounded?: boolean
  /** Places that compilers surely filled before, since everything up to here succeeded. */
  readonly built?: readonly string[]
  /** Whether the statement may not run at all, or runs beside others. */
  readonly unsure?: boolean
  /** The call of a function that is walked. */
  readonly call?: FunctionCall
}

/** Where the shell may be after success and after failure, and the words the statement printed as far as they are known. */
export interface Outcome {
  readonly ok: Directories
  readonly fail: Directories
  readonly names: readonly Field[] | null
  /** All that the statement prints, if that is written out in the command. */
  readonly printed?: string | null
  /** Whether the statement cannot well fail. */
  readonly surely?: boolean
  /** Whether what comes behind runs only if the statement succeeded. */
  readonly stands?: boolean
  /** Places that a compiler filled if the statement succeeded. */
  readonly built?: readonly string[]
}

/** What comes through a pipe behind the statement; `from` is the one program that it started. */
export function pipedFrom ({ names, printed }: Outcome, from: readonly string[] = []): Stdin {
  return printed === undefined ? { kind: 'piped', names, from } : { kind: 'piped', names, text: printed, from }
}

/** Any of the directories of both. */
export function either (a: Directories, b: Directories): Directories {
  if (a === b) return a
  return [...new Set([...a, ...b])]
}

/** The outcome of `! statement`. */
export function flip ({ ok, fail, names }: Outcome): Outcome {
  return { ok: fail, fail: ok, names }
}
