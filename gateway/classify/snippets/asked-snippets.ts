import { textOn, type Stdin } from '../programs/invocation.ts'
import { escapeGlob, literal, type Field } from '../shell/facts.ts'
import { C, CPP } from './c-family.ts'
import { DART, GO, RUST } from './compiled.ts'
import { ELIXIR, MIX } from './elixir.ts'
import { JAVA, KOTLIN } from './jvm.ts'
import { LUA } from './lua.ts'
import { PHP } from './php.ts'
import type { SnippetLanguage } from './snippet-language.ts'
import { readSnippet, type Snippet } from './snippet-reader.ts'
import { JULIA, R } from './statistics.ts'
import { SWIFT } from './swift.ts'

/** What a snippet is to those who judge it: programs that touch the same, files that it loads, and the program a compiler makes of it. */
export interface AskedSnippet {
  readonly runs: ReadonlyArray<readonly Field[]>
  readonly code: readonly string[]
  readonly makes?: Field
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
  readonly reads?: boolean
  readonly before?: (text: string) => string | null
}

// What looks at nothing is no question, whatever else it is.
const SHOWS = /print|assert|panic|\b(?:echo|var_(?:dump|export)|puts|putchar|inspect|cat|str|summary|show|display|dump|dbg|write|cout|cerr|out)\b|File\.read!/i

const opened = (text: string): string | null => /^\s*<\?php\s/.test(text) ? text.replace(/^\s*<\?php/, '') : null

const RUNNERS: Readonly<Record<string, Runner | undefined>> = Object.assign(Object.create(null) as Record<string, Runner>, {
  php: { language: PHP, flag: /^-r$/, plain: /^-(?:n|q|d(?:memory_limit=-?\w+|error_reporting=\w+|display_errors=\w+|zend\.assertions=1|date\.timezone=[\w/]+))$/, file: /\.php$/, reads: true },
  Rscript: { language: R, flag: /^-e$/, plain: /^--(?:vanilla|no-save|quiet|no-init-file|no-environ)$/, file: /\.[rR]$/, reads: true },
  julia: { language: JULIA, flag: /^(?:-e|--eval|-E)$/, plain: /^(?:--project(?:=(?:\.|@\.|[A-Za-z][\w/-]*))?|--startup-file=no|-q|-O[0-3]|--color=(?:yes|no))$/, file: /\.jl$/, reads: true },
  lua: { language: LUA, flag: /^-e$/, file: /\.lua$/, reads: true },
  luajit: { language: LUA, flag: /^-e$/, file: /\.lua$/, reads: true },
  elixir: { language: ELIXIR, flag: /^(?:-e|--eval)$/, file: /\.exs?$/, reads: true },
  swift: { language: SWIFT, plain: /^-O$/, file: /\.swift$/, reads: true },
  kotlin: { language: KOTLIN, file: /\.kts$/ },
  dart: { language: DART, plain: /^(?:run|--enable-asserts)$/, file: /\.dart$/ },
  go: { language: GO, plain: /^run$/, file: /\.go$/ },
  java: { language: JAVA, plain: /^(?:-ea|--enable-preview|--source=?|\d\d)$/, file: /\.java$/ },
})
for (const version of ['5.1', '5.2', '5.3', '5.4']) Object.assign(RUNNERS, { [`lua${version}`]: RUNNERS['lua'] })

/** What a text in one of these languages reaches, given to its interpreter or compiler in this very command; null when that is not surely known. */
export function askedSnippet (name: string, args: readonly Field[], stdin: Stdin, textOf: TextOf): AskedSnippet | null {
  if (!args.every(({ known, glob }) => known && glob === null)) return null
  if (name === 'mix') return mix(args)
  return COMPILERS[name] !== undefined ? compiled(name, args, stdin, textOf) : interpreted(name, args, stdin, textOf)
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
  const text = textOf(first)
  // From there, a folder of the file's own is not the project's.
  if (text === null || /__DIR__|__FILE__/.test(text)) return null
  return asked(name, read(text, runner))
}

function read (text: string, { language }: Runner): Snippet | null {
  const body = language === PHP ? opened(text) : text.replace(/^#![^\n]*/, '')
  return body === null || !SHOWS.test(body) ? null : readSnippet(body, language)
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
  const files = reads.map(({ root, below }): Field => {
    if (below === null) return literal(root)
    const folder = root === '.' ? '' : `${root.replace(/\/+$/, '')}/`
    return { text: `${folder}${below}`, known: true, glob: `${escapeGlob(folder)}${below}` }
  })
  return { runs: [files.length === 0 ? [literal('true')] : [literal('cat'), literal('--'), ...files]], code: loads }
}

const C_FLAGS = /^-(?:O[0-3sgz]?|g[0-3]?|W(?:all|extra|pedantic|error|conversion|shadow|no-[\w-]+|shift-\w+|float-\w+|sign-\w+)|pedantic|std=[\w+]+|l(?:m|pthread|stdc\+\+)|pthread|march=native|ffast-math|fno-[\w-]+|fwrapv|fsanitize=[a-z,]+|static|w|pipe|x(?:c|c\+\+)|D[A-Z_]+(?:=\w+)?|I(?:\.|(?:\.\/)?[A-Za-z][\w/-]*))$/
const RUST_FLAGS = /^(?:-O|-g|--edition=20\d\d|-C(?:opt-level=[0-3sz]|debuginfo=\d|overflow-checks=\w+|target-cpu=native|debug-assertions=?\w*)|-A ?\w+|-Awarnings|--cap-lints=\w+|--test)$/
const SWIFT_FLAGS = /^-(?:O|Onone|g|swift-version|parse-as-library)$/

interface Compiler { readonly flags: RegExp, readonly valued: RegExp, readonly file: RegExp, readonly language: SnippetLanguage }

const gcc: Compiler = { flags: C_FLAGS, valued: /^-[xIo]$/, file: /\.c$/, language: C }
const gpp: Compiler = { flags: C_FLAGS, valued: /^-[xIo]$/, file: /\.(?:cc|cpp|cxx|c\+\+)$/, language: CPP }
const COMPILERS: Readonly<Record<string, Compiler | undefined>> = Object.assign(Object.create(null) as Record<string, Compiler>, {
  gcc,
  cc: gcc,
  clang: gcc,
  'g++': gpp,
  'c++': gpp,
  'clang++': gpp,
  rustc: { flags: RUST_FLAGS, valued: /^(?:-o|--edition|-C|--crate-name)$/, file: /\.rs$/, language: RUST },
  swiftc: { flags: SWIFT_FLAGS, valued: /^-o$/, file: /\.swift$/, language: SWIFT },
})

// One text, and options that are all known to change nothing but how it is compiled.
function compiled (name: string, args: readonly Field[], stdin: Stdin, textOf: TextOf): AskedSnippet | null {
  const compiler = COMPILERS[name]
  if (compiler === undefined) return null
  let makes: Field | undefined
  let spelled = ''
  const sources: Field[] = []
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at]
    if (word === undefined) break
    const glued = compiler.valued.test(word.text)
    const value = glued ? args[at += 1] : undefined
    if (glued && value === undefined) return null
    if (word.text === '-o') makes = makes === undefined ? value : literal('')
    else if (/^-o./.test(word.text)) makes = makes === undefined ? literal(word.text.slice(2)) : literal('')
    else if (/^-x/.test(word.text)) spelled = value?.text ?? word.text.slice(2)
    else if (glued ? !compiler.flags.test(`${word.text}${word.text.startsWith('--') ? '=' : ''}${value?.text ?? ''}`) && word.text !== '--crate-name' : word.text.startsWith('-') && word.text !== '-' && !compiler.flags.test(word.text)) return null
    else if (!glued && (!word.text.startsWith('-') || word.text === '-')) sources.push(word)
  }
  // The grammar swallows a dash before a here-document; without one there is nothing to compile.
  const source = sources[0] ?? (stdin.kind === 'text' ? literal('-') : undefined)
  if (source === undefined || sources.length > 1 || makes === undefined || !/^(?:\/tmp\/)?[\w.-]*[\w]$/.test(makes.text.replace(/^\.\//, ''))) return null
  const language = spelled === 'c++' ? CPP : spelled === 'c' ? C : spelled === '' ? compiler.language : null
  if (language === null || !(source.text === '-' ? spelled !== '' || name === 'rustc' : compiler.file.test(source.text) || spelled !== '')) return null
  const text = source.text === '-' ? textOn(stdin) : textOf(source)
  const snippet = text === null || !SHOWS.test(text) ? null : readSnippet(text, language)
  // A header is looked for beside the file first.
  if (snippet === null || (source.text !== '-' && snippet.loads.some((header) => header.startsWith('./')))) return null
  return { ...shown({ ...snippet, loads: snippet.loads.map((header) => header.replace(/^\.\//, '')) }), makes }
}
