import { isScratch, literal, type Field } from '../shell/facts.ts'

/** What a start of a script comes down to when the command itself wrote all of that script. */
export interface WrittenScript {
  /** `tests` is one that a runner of tests was given besides the words of `args`. */
  readonly kind: 'shell' | 'code' | 'tests'
  readonly file: Field
  readonly text: string
  readonly args: readonly Field[]
}

const MAX_SNIPPET = 16_384 // somebody tries something out
interface ScriptLanguage {
  readonly kind: WrittenScript['kind']
  readonly program: RegExp
  readonly file: RegExp
  /** Whether it loads nothing that may stand beside it. */
  readonly standsAlone: (text: string, isHere: boolean) => boolean
}

const LANGUAGES: readonly ScriptLanguage[] = [
  { kind: 'shell', program: /^(?:ba|da)?sh$/, file: /^[^-].*\.(?:sh|bash)$/, standsAlone: () => true },
  { kind: 'code', program: /^python3?$/, file: /\.py$/, standsAlone: () => true },
  { kind: 'code', program: /^ruby$/, file: /\.rb$/, standsAlone: (text) => !/require_relative/.test(text) },
  { kind: 'code', program: /^perl$/, file: /\.pl$/, standsAlone: (text) => !/\b(?:require|do)\s*['"]|\buse\s+lib\b/.test(text) },
  { kind: 'code', program: /^(?:node|tsx|ts-node|bun)$/, file: /\.[cm]?[jt]s$/, standsAlone: (text, isHere) => isHere || !/(?:require|import)\s*\(?\s*['"`]\.|\bfrom\s*['"]\./.test(text) },
]

// They change what it says and how, not what it runs.
const NODE_FLAG = /^--(?:test|no-warnings|expose[-_]gc|enable-source-maps|experimental-(?:strip|transform)-types|(?:max-old-space|stack)-size=\d{1,5}|trace-uncaught|trace-warnings)$/

/** The text that a start of an interpreter runs when the command wrote all of it there; null for any other start. */
export function writtenScript (name: string, args: readonly Field[], textOf: (file: Field) => string | null): WrittenScript | null {
  if (/^(?:pytest|py\.test)$/.test(name)) return writtenTests(args, textOf)
  if (STARTED.test(name)) return startedByPath(name, args, textOf)
  // A file of tests is a script like others.
  const own = name === 'node' ? args.findIndex(({ text }) => !NODE_FLAG.test(text)) : 0
  const [file, ...rest] = args.slice(Math.max(own, 0))
  const language = LANGUAGES.find(({ program }) => program.test(name))
  if (language === undefined || file === undefined || file.glob !== null || !language.file.test(file.text) || !args.every((arg) => arg.known)) return null
  const text = textOf(file)
  return text === null || text.length > MAX_SNIPPET || !language.standsAlone(text, !file.text.includes('/')) ? null : { kind: language.kind, file, text, args: rest }
}

// What its first line says is what runs it.
const STARTED = /^\/tmp\/(?:(?!\.)[\w.-]+\/)*[\w-]+(?:\.(?:sh|bash))?$/
const FOR_SHELL = /^#!(?:\/usr)?\/bin\/(?:env )?(?:ba|da)?sh(?: -[eux]+)?\n/

function startedByPath (name: string, args: readonly Field[], textOf: (file: Field) => string | null): WrittenScript | null {
  const text = args.every((arg) => arg.known) ? textOf(literal(name)) : null
  return text === null || text.length > MAX_SNIPPET || !FOR_SHELL.test(text) ? null : { kind: 'shell', file: literal(name), text, args }
}

// `/tmp/test_x.py::test_name`, and no other file that the command wrote.
function writtenTests (args: readonly Field[], textOf: (file: Field) => string | null): WrittenScript | null {
  const files = args.flatMap((arg, at) => {
    const file = literal(arg.text.replace(/::[\w:[\]-]+$/, ''))
    const text = arg.known && arg.glob === null && isScratch(file.text) && file.text.endsWith('.py') ? textOf(file) : null
    return text === null || text.length > MAX_SNIPPET ? [] : [{ at, file, text }]
  })
  const [only] = files
  return only === undefined || files.length > 1 ? null : { kind: 'tests', file: only.file, text: only.text, args: args.toSpliced(only.at, 1) }
}
