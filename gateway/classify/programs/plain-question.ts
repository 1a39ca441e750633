import { inlineQuestion, isRuntime } from '../languages/inline-code.ts'
import { literal, type Field } from '../shell/facts.ts'
import { asksDatabase } from './database-looks.ts'
import { consoleQuestion } from './expression-consoles.ts'
import { dryRun } from './dry-runs.ts'
import { handedOn } from './handed-programs.ts'
import { NO_STDIN, textOn, type Stdin } from './invocation.ts'
import { LOCAL_QUESTIONS } from './local-questions.ts'
import { plainLook } from './plain-looks.ts'
import { PLAINER_TOOLS } from './plainer-tools.ts'

/** What a command really asks: other program starts that touch the same, and files it loads as code without starting them. */
export interface PlainQuestion {
  readonly runs: ReadonlyArray<readonly Field[]>
  readonly code: readonly string[]
  /** Whether what they start gets the input of the command. */
  readonly fed?: boolean
  /** Files that it writes, and the texts that say what is put there. */
  readonly fills?: { readonly files: readonly Field[], readonly texts: readonly string[] }
}

// What a login shell reads first lies in folders that no call may write.
const SHELL = /^(?:ba|da)?sh$/
const LOCAL = new Map(Object.entries(LOCAL_QUESTIONS))

/**
 * What a command really asks, when it is one of the few that everybody writes in place of a plainer one: a program that prints
 * a value, a look at a chart or a database. @returns null for any other
 */
export function plainQuestion (name: string, given: readonly Field[], stdin: Stdin): PlainQuestion | null {
  const args = name === 'curl' ? given.map((arg, at) => withValue(arg, given[at - 1]?.text ?? '')) : given
  if (!args.every(({ known }) => known)) return null
  const inline = inlineQuestion(name, args, stdin)
  if (inline !== null || isRuntime(name)) return inline
  const lines = name === 'perl' && (args.length === 0 || (args.length === 1 && args[0]?.text === '-')) ? textOn(stdin) : null
  if (lines !== null) return plainQuestion(name, [literal('-e'), literal(lines)], NO_STDIN)
  const said = args.map(({ text }) => text)
  if (stdin.kind === 'none' && SHELL.test(name) && args.length === 2 && said[0] === '-lc') return { runs: [[literal(name), literal('-c'), ...args.slice(1)]], code: [] }
  const starts = handedOn(name, said, args)
  if (starts !== null) return { runs: starts, code: [], fed: true }
  const asked = (name === 'cargo' ? cargo(said, args) : null) ?? consoleQuestion(name, said, stdin) ?? asksDatabase(name, args, stdin)
  if (asked !== null) return asked
  const words = checksSyntax(name, said, args) ?? dryRun(name, said) ?? plainLook(name, said) ?? PLAINER_TOOLS[name]?.(said, args) ?? LOCAL.get(name)?.(said, args, stdin) ?? null
  return words === null ? null : { runs: [words], code: [] }
}

// A header, or what is sent, with some value in it that the command found before: whatever that is, it is no name of a file.
function withValue (arg: Field, option: string): Field {
  const isHeader = /^(?:-[sSfi]*H|--header)$/.test(option) && /^"[A-Za-z][\w-]*: ?(?:[\w=]+ )?\$\{?\w+\}?"$/.test(arg.text)
  return !arg.known && (isHeader || (/^(?:-d|--data|--data-raw|--json)$/.test(option) && /^"(?:\{|\[|\w+=)[^`]*"$/.test(arg.text) && !arg.text.includes('$('))) ? literal(isHeader ? 'X-Value: 1' : '{}') : arg
}

// The text is read and nothing of it run; Perl runs some of it even then.
const SYNTAX_ONLY: Readonly<Record<string, RegExp | undefined>> = Object.assign(Object.create(null) as Record<string, RegExp>, { ruby: /^-w?c$/, php: /^-l$/, bash: /^-n$/, sh: /^-n$/, zsh: /^-n$/, luac: /^-p$/, gofmt: /^-[ed]$/ })

function checksSyntax (name: string, words: readonly string[], args: readonly Field[]): readonly Field[] | null {
  const files = args.slice(1)
  return SYNTAX_ONLY[name]?.test(words[0] ?? '') === true && files.length > 0 && files.every(({ text }) => /^[\w@][\w./@-]*$/.test(text)) ? [literal('cat'), literal('--'), ...files] : null
}

// What follows the dashes is for the program of the project that it starts.
function cargo (words: readonly string[], args: readonly Field[]): PlainQuestion | null {
  const at = words.indexOf('--')
  const handed = args.slice(at + 1)
  if (at < 1 || handed.length === 0 || !words.slice(0, at).some((word) => /^(?:run|r)$/.test(word))) return null
  return { runs: [[literal('cargo'), ...args.slice(0, at)], [literal('built-program'), ...handed]], code: [] }
}
