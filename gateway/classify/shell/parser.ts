import { createRequire } from 'node:module'
import { Language, Parser, type ParseOptions, type Tree } from 'web-tree-sitter'
import { feedsItself } from '../programs/endless.ts'
import { plainSyntax } from './plain-syntax.ts'
import { NO_STDIN } from '../programs/invocation.ts'
import { evaluatesHiddenText } from './evaluated-names.ts'
import { FactCollector, literal, type Field, type ShellFacts, type ShellParser } from './facts.ts'
import { keepsWords } from './functions.ts'
import { withRedirectionsFirst } from './here-documents.ts'
import { checkHidden, checkSecrets } from './hidden.ts'
import type { State } from './outcome.ts'
import { scopeOf } from './scope.ts'
import { copySyntax, type Syntax } from './syntax.ts'
import { walkShell } from './walk.ts'

const MAX_TEXT = 32_768 // UTF-16 units: Linux itself takes longer arguments, but no one writes them by hand
const MAX_DEPTH = 8 // texts inside texts: `bash -c "bash -c …"`
const MAX_TEXTS = 64 // in all, so that a wide and deep nesting stays bounded too
const SHORT_TEXT = 256 // has no time to lose: looking at the clock takes a twentieth of it
const MAX_PARSE_US = 200_000 // of processor time, so that a busy machine changes no verdict; a line of text takes a hundred, rows of one operator take the square of their length

/** Loads the grammar once. The parser it gives is synchronous, bounded in size, depth and number of nodes, and never throws. */
export async function loadShellParser (): Promise<ShellParser> {
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-bash/tree-sitter-bash.wasm')
  await Parser.init()
  const parser = new Parser()
  parser.setLanguage(await Language.load(grammar))
  return (text, cwd) => shellFacts(parser, text, cwd)
}

function shellFacts (parser: Parser, text: string, cwd: string): ShellFacts {
  const facts = new FactCollector(cwd)
  try {
    readText(parser, literal(text), { directories: [cwd], stdin: NO_STDIN }, facts, { depth: 0, left: { texts: MAX_TEXTS } })
  } catch {
    // Whatever went wrong in there, the command was not understood; a parser in an unknown state starts afresh.
    parser.reset()
    facts.problem('parser-failed')
  }
  return facts.finish(text.slice(0, MAX_TEXT))
}

interface Nesting { readonly depth: number, readonly left: { texts: number } }

function readText (parser: Parser, text: Field, { directories, stdin, given }: State & { readonly given?: readonly Field[] }, facts: FactCollector, nesting: Nesting): void {
  nesting.left.texts -= 1
  if (!text.known || text.foreign === true) return facts.problem('evaluated-text')
  if (nesting.depth > MAX_DEPTH || nesting.left.texts < 0) return facts.problem('too-deep')
  if (text.text.length > MAX_TEXT) return facts.problem('too-large')
  checkCharacters(text.text, facts)
  const root = parse(parser, text.text, facts)
  if (root === null) return
  if (evaluatesHiddenText(root, given?.map((word) => word.text))) facts.problem('arithmetic-injection')
  if (feedsItself(text.text)) facts.problem('endless')
  checkHidden(root, facts)
  const scope = scopeOf(root)
  checkSecrets(root, (name) => scope.has(name), facts)
  const deeper = { ...nesting, depth: nesting.depth + 1 }
  walkShell(root, { directories, stdin, ...given === undefined || !keepsWords(root) ? {} : { call: { definition: root, args: given, depth: 1, open: true } } }, {
    facts,
    isOutermost: nesting.depth === 0,
    script: (inner, places, input, words) => { readText(parser, inner, { directories: places, stdin: input, ...words === undefined ? {} : { given: words } }, facts, deeper) },
  })
}

function parse (parser: Parser, text: string, facts: FactCollector): Syntax | null {
  const plain = plainSyntax(text)
  if (plain !== null) return plain
  const read = parsed(parser, text)
  const reordered = read === 'syntax-error' ? withRedirectionsFirst(text) : text
  const found = reordered === text ? read : parsed(parser, reordered)
  return typeof found === 'string' ? failed(found, facts) : found
}

function parsed (parser: Parser, text: string): Syntax | Failure {
  let tree: Tree | null = null
  try {
    tree = parser.parse(text, null, text.length < SHORT_TEXT ? undefined : deadline())
    if (tree === null) {
      parser.reset() // or the next text would be taken for the rest of this one
      return 'parser-failed'
    }
    const copied = copySyntax(tree, text)
    return copied.ok ? copied.root : copied.problem
  } finally {
    tree?.delete()
  }
}

function deadline (): ParseOptions {
  const start = process.cpuUsage()
  return {
    progressCallback: () => {
      const { user, system } = process.cpuUsage(start)
      return user + system > MAX_PARSE_US
    },
  }
}

type Failure = 'parser-failed' | 'syntax-error' | 'unknown-syntax' | 'too-large'

function failed (problem: Failure, facts: FactCollector): null {
  facts.problem(problem)
  return null
}

// Where the grammar and the shell split words differently, what was parsed is not what will run.
function checkCharacters (text: string, facts: FactCollector): void {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) facts.problem('control-character')
  if (/[\u0085\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]/.test(text)) facts.problem('unusual-whitespace')
  if (/[^\s\\]\\\n[^\s]/.test(text)) facts.problem('line-continuation')
}
