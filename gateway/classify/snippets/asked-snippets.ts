import { textOn, type Stdin } from '../programs/invocation.ts'
import { literal, type Field } from '../shell/facts.ts'
import { C, CPP } from './c-family.ts'
import { DART, GO, RUST } from './compiled.ts'
import { ELIXIR, MIX } from './elixir.ts'
import { compiledClass } from './java-classes.ts'
import { JAVA, KOTLIN } from './jvm.ts'
import { LUA } from './lua.ts'
import { PHP } from './php.ts'
import type { SnippetLanguage } from './snippet-language.ts'
import { readSnippet, type Snippet } from './snippet-reader.ts'
import { JULIA, R } from './statistics.ts'
import { SWIFT } from './swift.ts'
import { fieldOf } from '../languages/reached.ts'

/** What a snippet is to those who judge it: programs that touch the same, files that it loads, and the program a compiler makes of it. */
export interface AskedSnippet {
  readonly runs: ReadonlyArray<readonly Field[]>
  readonly code: readonly string[]
  readonly makes?: Field
  /** Files that a compiler looks for first, beside what it compiles. */
  readonly beside?: readonly string[]
  /** Whether it only counts as made where the command put nothing before. */
  readonly onlyFresh?: boolean
}

/** All that the command itself put into a file, or null when that is not known. */
export type TextOf = (file: Field) => string | null

interface Runner {
  readonly language: SnippetLanguage
  /** The option that holds a text. */
  readonly flag?: RegExp
  /** Words that may stand before the text or the file. */
  readonly plain?: RegExp
  /** What a file of it is called. */
  readonly file?: RegExp
  /** Whether it reads a text from its input. */
  readonly reads?: boolean
  /** The text without what is no code of the language; null when that cannot be told. */
  readonly body?: (text: string) => string | null
}

// What looks at nothing is no question, whatever else it is.
const SHOWS = /print|std(?:out|err)|assert|panic|\b(?:echo|var_(?:dump|export)|puts|putchar|inspect|cat|str|summary|show|display|dump|dbg|write|cout|cerr|out)\b|File\.read!|\bt\.(?:Fatal|Error|Log)/i

const withoutShebang = (text: string): string => text.replace(/^#![^\n]*/, '')
const withoutOpening = (text: string): string | null => /^\s*<\?php\s/.test(text) ? text.replace(/^\s*<\?php/, '') : null

// A slash begins a command of the Java shell, of which some only end it or tell what it knows.
function withoutCommands (text: string): string | null {
  const code = text.replace(/^[ \t]*\/(?:exit|quit|vars|list|imports)[ \t]*$/gm, '')
  return /^[ \t]*\/(?![/*])/m.test(code) ? null : code
}

const RUNNERS: Readonly<Record<string, Runner | undefined>> = Object.assign(Object.create(null) as Record<string, Runner>, {
  php: { language: PHP, body: withoutOpening, flag: /^-r$/, plain: /^-(?:n|q|d(?:memory_limit=-?\w+|error_reporting=\w+|display_errors=\w+|zend\.assertions=1|date\.timezone=[\w/]+))$/, file: /\.php$/, reads: true },
  Rscript: { language: R, flag: /^-e$/, plain: /^--(?:vanilla|no-save|quiet|no-init-file|no-environ)$/, file: /\.[rR]$/, reads: true },
  julia: { language: JULIA, flag: /^(?:-e|--eval|-E)$/, plain: /^(?:--project(?:=(?:\.|@\.|[A-Za-z][\w/-]*))?|--startup-file=no|-q|-O[0-3]|--color=(?:yes|no))$/, file: /\.jl$/, reads: true },
  lua: { language: LUA, flag: /^-e$/, file: /\.lua$/, reads: true },
  luajit: { language: LUA, flag: /^-e$/, file: /\.lua$/, reads: true },
  elixir: { language: ELIXIR, flag: /^(?:-e|--eval)$/, file: /\.exs?$/, reads: true },
  swift: { language: SWIFT, plain: /^-O$/, file: /\.swift$/, reads: true },
  kotlin: { language: KOTLIN, file: /\.kts$/ },
  kotlinc: { language: KOTLIN, plain: /^-script$/, file: /\.kts$/ },
  dart: { language: DART, plain: /^(?:run|--enable-asserts)$/, file: /\.dart$/ },
  go: { language: GO, plain: /^(?:run|test|-v|-race|-benchmem|-count=\d+|-(?:run|bench|timeout)=[\w.^$|]+)$/, file: /\.go$/ },
  java: { language: JAVA, plain: /^(?:-ea|--enable-preview|--source=?|\d\d)$/, file: /\.java$/ },
  jshell: { language: JAVA, plain: /^(?:-s|-q|--feedback|--execution=local)$/, reads: true, body: withoutCommands },
})
for (const version of ['5.1', '5.2', '5.3', '5.4']) Object.assign(RUNNERS, { [`lua${version}`]: RUNNERS['lua'] })

/** What a text in one of these languages reaches, given to its interpreter or compiler in this very command; null when that is not surely known. */
export function askedSnippet (name: string, args: readonly Field[], stdin: Stdin, textOf: TextOf): AskedSnippet | null {
  if (!args.every(({ known, glob }) => known && glob === null)) return null
  if (name === 'mix') return mix(args)
  if (name === 'javac') return compiledClass(args, textOf)
  const compiler = COMPILERS[name]
  return compiler === undefined ? interpreted(name, args, stdin, textOf) : compiled(compiler, args, stdin, textOf)
}

function interpreted (name: string, args: readonly Field[], stdin: Stdin, textOf: TextOf): AskedSnippet | null {
  const runner = RUNNERS[name]
  if (runner === undefined) return null
  let at = 0
  while (runner.plain?.test(args[at]?.text ?? '') === true) at += 1
  const [first, second, ...more] = args.slice(at)
  if (first !== undefined && runner.flag?.test(first.text) === true) return second === undefined || more.length > 0 || !SHOWS.test(second.text) ? null : asked(name, readSnippet(second.text, runner.language))
  if (first === undefined || first.text === '-') {
    const text = runner.reads === true && second === undefined ? textOn(stdin) : null
    return text === null ? null : asked(name, read(text, runner))
  }
  if (runner.file?.test(first.text) !== true || ![second, ...more].every((word) => word === undefined || /^[\w.,=:+-]+$/.test(word.text)) || /^(?:fmt|test|build)$/.test(first.text)) return null
  // Behind the file of a test stand options of whoever runs it, which may name other programs and files.
  if (args.slice(0, at).some(({ text: word }) => word === 'test') && ![second, ...more].every((word) => word === undefined || runner.plain?.test(word.text) === true)) return null
  const text = textOf(first)
  // From there, a folder of the file's own is not the project's.
  if (text === null || /__DIR__|__FILE__/.test(text)) return null
  return asked(name, read(text, runner))
}

function read (text: string, { language, body = withoutShebang }: Runner): Snippet | null {
  const code = body(text)
  return code === null || !SHOWS.test(code) ? null : readSnippet(code, language)
}

// `mix run -e TEXT` loads the project, as `mix test` does.
function mix (args: readonly Field[]): AskedSnippet | null {
  const words = args.map(({ text }) => text)
  if (words[0] !== 'run' || words.length < 3 || !/^(?:-e|--eval)$/.test(words.at(-2) ?? '') || !words.slice(1, -2).every((word) => /^--no-(?:start|compile|deps-check|halt|archives-check)$/.test(word))) return null
  const snippet = readSnippet(words.at(-1) ?? '', MIX)
  if (snippet === null) return null
  const { runs, code } = shown(snippet)
  return { runs: [[literal('mix'), literal('test')], ...runs], code: [...code, 'mix.exs'] }
}

function asked (name: string, snippet: Snippet | null): AskedSnippet | null {
  if (snippet === null) return null
  const { runs, code } = shown(snippet)
  return { runs: [...runs, ...snippet.loads.slice(0, 1).map((file) => [literal(name), literal(file)])], code }
}

function shown ({ reads, loads }: Snippet): AskedSnippet {
  return { runs: [reads.length === 0 ? [literal('true')] : [literal('cat'), literal('--'), ...reads.map(fieldOf)]], code: loads }
}

const C_FLAGS = /^-(?:O[0-3sgz]?|g[0-3]?|W[a-z][\w=+-]*|pedantic|std=[\w+]+|l(?:m|pthread|stdc\+\+)|pthread|march=native|m(?:32|64)|ffast-math|fno-[\w-]+|fwrapv|fsanitize=[a-z,]+|static|w|pipe|x(?:c|c\+\+)|D[A-Z_]+(?:=\d+)?|I(?:\/workspace(?:\/[A-Za-z][\w/-]*)?|\.|(?:\.\/)?[A-Za-z][\w/-]*))$/
const RUST_FLAGS = /^(?:-O|-g|--edition=20\d\d|--crate-name=\w+|-C(?:opt-level=[0-3sz]|debuginfo=\d|overflow-checks=\w+|target-cpu=native|debug-assertions=?\w*)|-A ?\w+|-Awarnings|--cap-lints=\w+|--test)$/
const SWIFT_FLAGS = /^-(?:O|Onone|g|swift-version|parse-as-library)$/
// Compiled beside it, as the project's build does.
const OWN_SOURCE = /^(?:\.\/|\/workspace\/)?(?!.*\.\.)[A-Za-z][\w-]*(?:\/[A-Za-z][\w-]*)*\.(?:c|cc|cpp|cxx)$/
const C_FILE = /\.c$/
const CPP_FILE = /\.(?:cc|cpp|cxx|c\+\+)$/

interface Compiler {
  readonly flags: RegExp
  /** Options whose value is the next word. */
  readonly valued: RegExp
  /** The language of a file, by its name or by the one that `-x` says. */
  readonly language: (file: string, spelled: string) => SnippetLanguage | null
}

const cFamily = (file: string, spelled: string): SnippetLanguage | null => {
  if (spelled !== '') return spelled === 'c' ? C : CPP
  if (CPP_FILE.test(file)) return CPP
  return C_FILE.test(file) ? C : null
}
const gcc: Compiler = { flags: C_FLAGS, valued: /^-[xIo]$/, language: cFamily }
const gpp: Compiler = { ...gcc, language: (file, spelled) => spelled === '' && C_FILE.test(file) ? CPP : cFamily(file, spelled) }
const COMPILERS: Readonly<Record<string, Compiler | undefined>> = Object.assign(Object.create(null) as Record<string, Compiler>, {
  gcc,
  cc: gcc,
  clang: gcc,
  'g++': gpp,
  'c++': gpp,
  'clang++': gpp,
  rustc: { flags: RUST_FLAGS, valued: /^(?:-o|--edition|-C|--crate-name)$/, language: (file: string) => file === '-' || file.endsWith('.rs') ? RUST : null },
  swiftc: { flags: SWIFT_FLAGS, valued: /^-o$/, language: (file: string) => file.endsWith('.swift') ? SWIFT : null },
} satisfies Record<string, Compiler>)

interface Compilation { readonly sources: readonly Field[], readonly output: string, readonly spelled: string, readonly folders: readonly string[] }

/** The words of a compiler's start when they all only say how its text is compiled. */
function compilationOf (args: readonly Field[], { flags, valued }: Compiler): Compilation | null {
  const sources: Field[] = []
  const outputs: string[] = []
  const folders: string[] = []
  let spelled = ''
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at]
    if (word === undefined) break
    if (word.text === '-' || !word.text.startsWith('-')) {
      sources.push(word)
      continue
    }
    const option = valued.test(word.text) ? `${word.text}${word.text.startsWith('--') ? '=' : ''}${args[at += 1]?.text ?? ''}` : word.text
    if (option.startsWith('-o')) outputs.push(option.slice(2))
    else if (!flags.test(option)) return null
    else if (option.startsWith('-x')) spelled = option.slice(2)
    else if (option.startsWith('-I')) folders.push(option.slice(2))
  }
  const [output = ''] = outputs
  return outputs.length === 1 && /^(?:\.\/|\/tmp\/(?:\w[\w-]*\/){0,3})?(?:\w[\w.-]*)?\w$/.test(output) ? { sources, output, spelled, folders } : null
}

// One text, to be compiled.
function compiled (compiler: Compiler, args: readonly Field[], stdin: Stdin, textOf: TextOf): AskedSnippet | null {
  const compilation = compilationOf(args, compiler)
  if (compilation === null) return null
  const { sources, output, spelled, folders } = compilation
  // The grammar swallows a dash before a here-document; without one there is nothing to compile.
  const others = sources.filter(({ text }) => OWN_SOURCE.test(text) && textOf(literal(text)) === null)
  const [source = stdin.kind === 'text' && sources.length === 0 ? literal('-') : undefined, ...more] = sources.filter((file) => !others.includes(file))
  if (source === undefined || more.length > 0 || (others.length > 0 && source.text === '-')) return null
  const language = compiler.language(source.text, spelled)
  const text = source.text === '-' ? textOn(stdin) : textOf(source)
  const snippet = text === null || language === null || !SHOWS.test(text) ? null : readSnippet(text, language)
  if (snippet === null) return null
  // A header is looked for beside the file first, and then in the folders that are named.
  const headers = snippet.loads.filter((header) => header.startsWith('./')).map((header) => header.slice(2))
  if (source.text !== '-' && headers.length > 0 && folders.length === 0) return null
  const beside = source.text === '-' ? [] : headers.map((header) => `${source.text.replace(/[^/]*$/, '')}${header}`)
  const found = headers.flatMap((header) => [...source.text === '-' ? [header] : [], ...folders.map((folder) => `${folder.replace(/\/$/, '')}/${header}`)])
  const loads = [...others.map(({ text: file }) => file), ...snippet.loads.filter((header) => !header.startsWith('./')), ...found]
  return { ...shown({ ...snippet, loads }), makes: literal(output), beside }
}
