import { isScratch, literal, type Field } from '../shell/facts.ts'
import type { Stdin } from '../programs/invocation.ts'
import { isPlainC } from './plain-c.ts'
import { isPlainGo } from './plain-go.ts'
import { isPlainJava } from './plain-java.ts'

/** What a start of a file comes down to when the command itself wrote all of that file. */
export type WrittenRun =
  | { readonly kind: 'computes', readonly reads: readonly Field[] }
  | { readonly kind: 'builds', readonly source: Field, readonly output: Field }
  | { readonly kind: 'script', readonly text: string, readonly args: readonly Field[] }
  | { readonly kind: 'text', readonly name: string, readonly text: string, readonly args: readonly Field[] }

const MAX_SNIPPET = 16_384 // somebody tries something out
const COMPILER = /^(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)$/
const COMPILER_FLAG = /^-(?:W[a-z0-9=+-]*|O[0-3sg]?|g\d?|std=[\w+]+|pedantic|lm|fsanitize=[\w,]+|m(?:32|64)|pthread)$/
// What Python brings along, and a file of that name beside the script would stand before it: only names that everybody knows for its own.
const STANDARD = /^(?:re|os|sys|json|math|pathlib|itertools|functools|collections|csv|datetime|time|statistics|random|string|textwrap|typing|dataclasses|decimal|fractions|operator|enum|glob|argparse|hashlib|base64|struct|heapq|bisect|difflib|unicodedata|configparser|tomllib|html|xml|uuid|zlib|gzip|io|copy|pprint|contextlib|abc|ast|tokenize|calendar|locale|bz2|timeit|secrets|shutil|tempfile|traceback|warnings|logging|inspect|types|numbers|sqlite3|subprocess)$/

/** How a program start that runs a file is judged by the text that the command wrote there; null when it is none, or has to be looked at otherwise. */
export function writtenRun (name: string, args: readonly Field[], stdin: Stdin, textOf: (file: Field) => string | null): WrittenRun | null {
  const known = (file: Field | undefined, ending: RegExp): string | null => {
    const text = file === undefined || !file.known || file.glob !== null || !ending.test(file.text) ? null : textOf(file)
    return text === null || text.length > MAX_SNIPPET ? null : text
  }
  const [first, second] = args
  if (name === 'jshell') return jshell(args, stdin)
  if (!args.every((arg) => arg.known)) return null
  if (name === 'go') return first?.text === 'run' && second !== undefined && args.length === 2 && isPlainGo(known(second, /\.go$/) ?? '') ? { kind: 'computes', reads: [second] } : null
  if (name === 'java') {
    const text = known(first, /\.java$/)
    return first !== undefined && text !== null && isPlainJava(text) ? { kind: 'computes', reads: [first] } : null
  }
  if (COMPILER.test(name)) return compiled(args, (file) => known(file, /\.(?:c|cc|cpp|cxx)$/))
  if (/^(?:ba|da)?sh$/.test(name)) {
    const text = known(first, /^[^-].*\.(?:sh|bash)$/)
    return text === null ? null : { kind: 'script', text, args: args.slice(1) }
  }
  if (/^python3?$/.test(name)) {
    const text = known(first, /\.py$/)
    return text === null || !importsStandard(text) ? null : { kind: 'text', name, text, args: args.slice(1) }
  }
  if (name !== 'node') return null
  const text = known(first, /\.[cm]?js$/)
  return text === null || /(?:require|import)\s*\(\s*['"`][./]|\bfrom\s*['"][./]/.test(text) ? null : { kind: 'text', name, text, args: args.slice(1) }
}

function importsStandard (text: string): boolean {
  return text.split('\n').every((line) => {
    const [, from, plain = ''] = /^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.,\s]+))/.exec(line) ?? []
    const names = from === undefined ? plain.split(',').map((one) => one.trim().split(/\s+/)[0] ?? '').filter((one) => one !== '') : [from]
    return names.every((one) => STANDARD.test(one.split('.')[0] ?? ''))
  })
}

function compiled (args: readonly Field[], textOf: (file: Field) => string | null): WrittenRun | null {
  const at = args.findIndex(({ text }) => text === '-o')
  const output = args[at + 1]
  const rest = args.filter((arg, index) => index !== at && index !== at + 1 && !COMPILER_FLAG.test(arg.text))
  const [source] = rest
  if (at < 0 || output === undefined || source === undefined || rest.length !== 1 || output.text.startsWith('-')) return null
  return isScratch(output.text) && isPlainC(textOf(source) ?? '') ? { kind: 'builds', source, output } : null
}

// The Java shell, given its lines.
function jshell (args: readonly Field[], stdin: Stdin): WrittenRun | null {
  const text = stdin.kind === 'text' || stdin.kind === 'piped' ? stdin.text ?? null : null
  const plain = args.every(({ text: word }) => /^(?:-s|-|--feedback|-q|--execution=local)$/.test(word))
  return plain && text !== null && text.length <= MAX_SNIPPET && isPlainJava(text) ? { kind: 'computes', reads: [literal('/dev/null')] } : null
}
