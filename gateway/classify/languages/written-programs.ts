import type { Field } from '../shell/facts.ts'

/** What a start of a script comes down to when the command itself wrote all of that script. */
export interface WrittenScript {
  readonly kind: 'shell' | 'code'
  readonly text: string
  readonly args: readonly Field[]
}

const MAX_SNIPPET = 16_384 // somebody tries something out
// What Python brings along, and a file of that name beside the script would stand before it: only names that everybody knows for its own.
const STANDARD = /^(?:re|os|sys|json|math|pathlib|itertools|functools|collections|csv|datetime|time|statistics|random|string|textwrap|typing|dataclasses|decimal|fractions|operator|enum|glob|argparse|hashlib|base64|struct|heapq|bisect|difflib|unicodedata|configparser|tomllib|html|xml|uuid|zlib|gzip|io|copy|pprint|contextlib|abc|ast|tokenize|calendar|locale|bz2|timeit|secrets|shutil|tempfile|traceback|warnings|logging|inspect|types|numbers|sqlite3|subprocess)$/

interface ScriptLanguage {
  readonly kind: WrittenScript['kind']
  readonly program: RegExp
  readonly file: RegExp
  /** Whether it loads nothing that may stand beside it. */
  readonly standsAlone: (text: string) => boolean
}

const LANGUAGES: readonly ScriptLanguage[] = [
  { kind: 'shell', program: /^(?:ba|da)?sh$/, file: /^[^-].*\.(?:sh|bash)$/, standsAlone: () => true },
  { kind: 'code', program: /^python3?$/, file: /\.py$/, standsAlone: importsStandard },
  { kind: 'code', program: /^node$/, file: /\.[cm]?js$/, standsAlone: (text) => !/(?:require|import)\s*\(\s*['"`][./]|\bfrom\s*['"][./]/.test(text) },
]

/** The text that a start of an interpreter runs when the command wrote all of it there; null for any other start. */
export function writtenScript (name: string, args: readonly Field[], textOf: (file: Field) => string | null): WrittenScript | null {
  const [file, ...rest] = args
  const language = LANGUAGES.find(({ program }) => program.test(name))
  if (language === undefined || file === undefined || file.glob !== null || !language.file.test(file.text) || !args.every((arg) => arg.known)) return null
  const text = textOf(file)
  return text === null || text.length > MAX_SNIPPET || !language.standsAlone(text) ? null : { kind: language.kind, text, args: rest }
}

function importsStandard (text: string): boolean {
  return text.split('\n').every((line) => {
    const [, from, plain = ''] = /^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.,\s]+))/.exec(line) ?? []
    const names = from === undefined ? plain.split(',').map((one) => one.trim().split(/\s+/)[0] ?? '').filter((one) => one !== '') : [from]
    return names.every((one) => STANDARD.test(one.split('.')[0] ?? ''))
  })
}
