import type { Directories, FactCollector, Field } from '../shell/facts.ts'

/**
 * Where a program's standard input comes from. `names` are the words a pipe carries, `text` all of what is known to come: the body of a
 * here-document, or what `echo` prints. Null when the command itself says what comes, and it cannot be told from that.
 */
export type Stdin =
  | { readonly kind: 'none' | 'file' }
  | { readonly kind: 'piped', readonly names: readonly Field[] | null, readonly text?: string | null, /** The one program that wrote it. */ readonly from?: readonly string[] }
  | { readonly kind: 'text', readonly text: string | null }

export const NO_STDIN: Stdin = { kind: 'none' }

/** All that comes on an input, or null when that is not known. */
export function textOn (stdin: Stdin): string | null {
  return stdin.kind === 'text' || stdin.kind === 'piped' ? stdin.text ?? null : null
}

/** Whether what comes is written in the command, and not understood. */
export function isUnread (stdin: Stdin): boolean {
  return (stdin.kind === 'text' || stdin.kind === 'piped') && stdin.text === null
}

const OWN_INPUT = /^(?:-|\/dev\/(?:stdin|fd\/.*)|\/proc\/.*)$/

/** Whether a word names a program's own input, or another that is open already. */
export function isInput ({ text }: Field): boolean { return OWN_INPUT.test(text) }

/** One start of a program, with what an effect needs to describe it and to describe the programs it starts in turn. */
export interface Invocation {
  readonly name: string
  readonly args: readonly Field[]
  readonly directories: Directories
  readonly stdin: Stdin
  /** Whether only lines of a plain name that is no secret's are kept of what it prints: `env | grep NODE_ENV`. */
  readonly narrowed: boolean
  readonly facts: FactCollector
  /** See State. */
  readonly built?: readonly string[]
  /** Describes another program start with these words. */
  readonly run: (words: readonly Field[], changes?: { readonly directories?: Directories, readonly stdin?: Stdin, readonly bounded?: boolean }) => void
  /** Describes a shell text that the program runs, by default with the program's own input; `given` are the words behind it, `$1` and on. */
  readonly script: (text: Field, stdin?: Stdin, given?: readonly Field[]) => void
  /** The directory that a word names, from each directory the program may run in. */
  readonly enter: (field: Field) => Directories
}

/** Describes what one program does with its arguments. */
export type Effect = (invocation: Invocation) => void

/** Arguments split in the common way. `values` pairs each option that takes a value with it; `flags` holds all option words. */
export interface Arguments {
  readonly operands: readonly Field[]
  readonly flags: readonly string[]
  readonly values: ReadonlyArray<{ readonly flag: string, readonly value: Field }>
  /** Operands that follow `--`. */
  readonly afterDashes: readonly Field[]
}

/**
 * Splits arguments as getopt does. `valued` names the options whose value is the next word (`-o`, `--output`); a short
 * one may also hold it (`-ofile`), a long one after `=`.
 */
export function splitArguments (args: readonly Field[], valued: ReadonlySet<string>): Arguments {
  return split(args, valued, (flag) => flag)
}

/** The same for programs that take any beginning of a long option for the whole, as GNU's do: `sort --outp=x`. */
export function splitGnuArguments (args: readonly Field[], valued: ReadonlySet<string>): Arguments {
  return split(args, valued, (flag) => fullName(flag, valued))
}

/** The valued long option that these are the first letters of, else the option as written. */
export function fullName (flag: string, valued: ReadonlySet<string>): string {
  if (!flag.startsWith('--') || flag === '--' || valued.has(flag)) return flag
  return [...valued].find((name) => name.startsWith(flag)) ?? flag
}

function split (args: readonly Field[], valued: ReadonlySet<string>, nameOf: (flag: string) => string): Arguments {
  const operands: Field[] = []
  const flags: string[] = []
  const values: Array<{ flag: string, value: Field }> = []
  for (let at = 0; at < args.length; at += 1) {
    const field = args[at]
    if (field === undefined) break
    const { text } = field
    if (text === '--') return { operands: [...operands, ...args.slice(at + 1)], flags, values, afterDashes: args.slice(at + 1) }
    if (!field.known || !text.startsWith('-') || text === '-') {
      operands.push(field)
      continue
    }
    const option = optionOf(field, valued)
    const flag = nameOf(option.flag)
    const next = args[at + 1]
    flags.push(flag)
    if (option.value !== null) values.push({ flag, value: option.value })
    else if (option.takesNext && next !== undefined) values.push({ flag, value: args[++at] ?? field })
    // Whether the beginning of an option's name is that option depends on the program: the next word counts as both.
    else if (flag !== option.flag && next !== undefined) values.push({ flag, value: next })
  }
  return { operands, flags, values, afterDashes: [] }
}

interface Option { readonly flag: string, readonly value: Field | null, readonly takesNext: boolean }

function optionOf (field: Field, valued: ReadonlySet<string>): Option {
  const { text } = field
  if (text.startsWith('--')) {
    const equals = text.indexOf('=')
    if (equals > 0) return { flag: text.slice(0, equals), value: tail(field, equals + 1), takesNext: false }
    return { flag: text, value: null, takesNext: valued.has(text) }
  }
  if (valued.has(text)) return { flag: text, value: null, takesNext: true }
  for (let at = 1; at < text.length; at += 1) { // a cluster: `-xzf`, `-ofile`
    const flag = `-${text[at] ?? ''}`
    if (!valued.has(flag)) continue
    return at === text.length - 1 ? { flag, value: null, takesNext: true } : { flag, value: tail(field, at + 1), takesNext: false }
  }
  return { flag: text, value: null, takesNext: false }
}

/** The rest of a field from this character on. */
export function tail (field: Field, from: number): Field {
  return { text: field.text.slice(from), known: field.known, glob: field.glob === null ? null : field.text.slice(from) }
}

/** Whether a short option letter is among the flags, alone or in a cluster, or a long one in full. */
export function hasFlag (flags: readonly string[], short: string, ...long: readonly string[]): boolean {
  return flags.some((flag) => long.includes(flag) || (/^-[^-]/.test(flag) && flag.slice(1).includes(short)))
}

/** A table of effects from rows of space-separated program names. */
export function effectTable (rows: ReadonlyArray<readonly [names: string, effect: Effect]>): Readonly<Record<string, Effect>> {
  return Object.fromEntries(rows.flatMap(([names, effect]) => names.split(' ').map((name) => [name, effect])))
}
