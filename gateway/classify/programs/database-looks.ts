import { withStatement } from './database-clients.ts'
import { textOn, type Stdin } from './invocation.ts'
import { literal, type Field } from '../shell/facts.ts'

const SHOWN = /^-(?:header|noheader|column|json|csv|readonly|line|list|table|markdown|box|ascii|batch|bail|quote|tabs)$/
const FILE = /^(?!-)(?:[\w./-]+|:memory:)$/

// One statement that only reads; the tool's own functions reach files and other databases.
const QUERY = /^(?:\.(?:schema|fullschema|tables|index(?:es)?|indices|databases|dbinfo|mode|headers?|width|timer|nullvalue|separator|changes|quit|exit|show|help)(?: [\w'"%,|]+)*|\s*(?:explain (?:query plan )?)?(?:select|with|values)\b[^;]*;?\s*|\s*pragma (?:(?:table_(?:x?info|list)|index_(?:x?info|list)|foreign_key_(?:list|check)|integrity_check|quick_check)(?:\(['"]?\w+['"]?\))?|user_version|schema_version|journal_mode|page_count|page_size|database_list|compile_options|foreign_keys|encoding);?)\s*$/i
const QUERY_POWERS = /writefile|readfile|load_extension|edit\s*\(|fts3_tokenizer|fsdir|zipfile|sqlar|\binto\b|\b(?:insert|update|delete|replace)\b(?!\s*\()/i
// In a database of the moment nothing is lost.
const MOMENT = /^(?::memory:|\/tmp\/[\w-]+\.(?:db|sqlite3?))$/
const STATEMENT = /^\s*(?:create (?:temp(?:orary)? )?(?:(?:virtual )?table|(?:unique )?index|view)|insert|update|delete|alter table|drop (?:table|index|view)|begin|commit|rollback|analyze)\b[^;]*;?\s*$/i
// Rows that a query makes, which says where it ends.
const INSERTS = /^\s*with recursive\b[^;]*;?\s*$/i
const BOUND = /\b(?:where \w+ ?<=? ?\d{1,7}|limit \d{1,7})\b/i
const SETTING = /^\s*pragma (?:journal_mode|synchronous|foreign_keys|cache_size|page_size|user_version|temp_store|recursive_triggers|case_sensitive_like|automatic_index)\s*=\s*-?\w+;?\s*$/i
const POWERS = /writefile|readfile|load_extension|edit\s*\(|fts3_tokenizer|fsdir|zipfile|sqlar|\b(?:attach|vacuum|virtual(?! table (?:if not exists )?\w+ using (?:fts[345]|rtree)\b))\b/i

// A script of the project, run on a database of it or on one of the moment.
const SCRIPT = /^\.read (?!.*\.\.)((?:\.\/)?[\w-][\w./-]*\.sql)$/
const DATABASE = /^(?::memory:|(?!.*\.\.)[\w./-]+\.(?:db3?|sqlite3?))$/

// A table of the moment, filled from a file; a `|` would begin a command.
const IMPORT = /^\.import (?:--csv |--skip \d+ |-csv )*(?!-|\|)((?:\.\/|\/tmp\/)?[\w-][\w./-]*\.(?:csv|tsv|txt)) \w+$/

/** What a question to a database comes down to: program starts, and files of the project that it runs. */
export interface DatabaseQuestion { readonly runs: ReadonlyArray<readonly Field[]>, readonly code: readonly string[] }

function sqlite (words: readonly string[], args: readonly Field[], said: readonly string[]): DatabaseQuestion | null {
  const first = words.findIndex((word, index) => !SHOWN.test(word) && !(words[index - 1] === '-cmd' || word === '-cmd'))
  const [file, ...behind] = first < 0 ? [] : args.slice(first)
  // `-cmd` says what is done first, wherever it stands.
  const isFirst = words.map((_, index) => words[index - 1] === '-cmd')
  const asked = behind.filter(({ text }, index) => text !== '-cmd' && isFirst[first + 1 + index] !== true).map(({ text }) => text)
  // What comes on its input is read when nothing is asked in words.
  const queries = [...words.filter((_, index) => isFirst[index]), ...asked.length > 0 ? asked : said]
  if (file === undefined || (asked.length === 0 && said.length === 0) || !FILE.test(file.text)) return null
  const allows = (text: string): boolean => (MOMENT.test(file.text) && SETTING.test(text)) || (MOMENT.test(file.text) && INSERTS.test(text) && BOUND.test(text) && !POWERS.test(text)) || (QUERY.test(text) && !QUERY_POWERS.test(text)) || (MOMENT.test(file.text) && STATEMENT.test(text) && !POWERS.test(text))
  const statements = queries.flatMap(statementsOf)
  const imported = MOMENT.test(file.text) ? statements.flatMap((text) => IMPORT.exec(text.trim())?.[1] ?? []) : []
  const code = statements.flatMap((text) => SCRIPT.exec(text.trim())?.[1] ?? [])
  if (!statements.every((text) => SCRIPT.test(text.trim()) || (MOMENT.test(file.text) && IMPORT.test(text.trim()) && !text.includes('..')) || allows(text)) || (code.length > 0 && !DATABASE.test(file.text))) return null
  const filled = code.length === 0 || file.text === ':memory:' ? [] : [['tee', '-a', '--', file.text].map(literal)]
  return { runs: [shows([file.text, ...code, ...imported]), ...filled], code }
}

/** The words of a question to a database, with the statements of scripts that the command itself wrote in place of their names. */
export function withScripts (program: string, args: readonly Field[], stdin: Stdin, textOf: (file: Field) => string | null): readonly Field[] {
  if (program === 'psql') return withStatement(args, stdin, textOf)
  if (program !== 'sqlite3') return args
  return args.map((arg) => {
    const file = arg.known ? SCRIPT.exec(arg.text)?.[1] : undefined
    const text = file === undefined ? null : textOf(literal(file))
    return text === null ? arg : literal(text)
  })
}

// Lines that begin with a dot are commands of the tool; statements end where a line does.
function statementsOf (text: string): readonly string[] {
  const found: string[] = []
  let rest = ''
  for (const line of text.replace(/(?:^|\n)\s*--[^\n]*/g, '').split('\n')) {
    rest = rest === '' ? line.trimEnd() : `${rest} ${line.trim()}`
    if (rest.trim() === '') rest = ''
    else if (rest.endsWith(';') || rest.startsWith('.')) {
      found.push(...splitsPlainly(rest))
      rest = ''
    }
  }
  return rest === '' ? found : [...found, ...splitsPlainly(rest)]
}

// `create …; insert …; select …` on one line, as long as no text in quotes could hold the mark between them.
function splitsPlainly (text: string): readonly string[] {
  return text.startsWith('.') || /['"][^'"]*;[^'"]*['"]/.test(text) ? [text] : text.split(/(?<=;)/).filter((piece) => piece.trim() !== '')
}

// DuckDB opens whatever file a statement names, in either kind of quotes, and by functions of many names; only these are known.
const DUCK_QUERY = /^(?:\.(?:schema|tables|databases)(?: \w+)?|\s*(?:explain\s+(?:analyze\s+)?)?(?:select|from|with|describe|summarize|show)\b[^;]*;?\s*)$/i
const DUCK_WORDS = /\b(?:into|copy|attach|install|load|set|pragma|export|import|call|getvariable|create|insert|update|delete|drop|alter)\b|--|\/\*|\$\$|\\/i
const DUCK_FUNCTIONS = new Set(('count sum avg min max median mode stddev quantile first last any_value list array_agg string_agg coalesce nullif lower upper trim length substr substring replace concat round floor ceil abs ' +
  'cast try_cast date_trunc date_part date_diff strftime extract year month day now current_date row_number rank dense_rank lag lead over in and or not on as where values exists from distinct partition by unnest len ' +
  'regexp_matches regexp_replace contains starts_with left right case when then else filter using union join select having ' +
  'read_csv read_csv_auto read_parquet parquet_scan parquet_schema read_json read_json_auto read_ndjson').split(' '))

function duckdb (words: readonly string[], args: readonly Field[]): readonly Field[] | null {
  const files: string[] = []
  const queries: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word === '-c' || word === '-s') queries.push(words[at += 1] ?? '')
    else if (SHOWN.test(word)) continue
    else if (args[at]?.glob !== null && args[at] !== undefined) return null
    else if (files.length === 0 && queries.length === 0 && FILE.test(word)) files.push(word)
    else queries.push(word)
  }
  if (queries.length !== 1) return null
  const named = queries.map(filesOf)
  return named.every((names) => names !== null) ? shows([...files, ...named.flatMap((names) => names ?? [])]) : null
}

function filesOf (query: string): readonly string[] | null {
  const quoted = [...query.matchAll(/'((?:[^']|'')*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? '')
  const plain = query.replace(/'(?:[^']|'')*'|"[^"]*"/g, "''")
  if (!DUCK_QUERY.test(plain) || DUCK_WORDS.test(plain) || /['"]/.test(plain.replaceAll("''", ''))) return null
  if (![...plain.matchAll(/([A-Za-z_]\w*)\s*\(/g)].every(([, name = '']) => DUCK_FUNCTIONS.has(name.toLowerCase()))) return null
  // What is quoted may be a file wherever it stands.
  const files = quoted.filter((text) => /[./*~]/.test(text))
  return files.every((text) => /^(?!.*:\/\/)[\w./*{},% -]+$/.test(text)) ? files.filter((text) => !/^[%\d. ]*$/.test(text)) : null
}

function shows (files: readonly string[]): readonly Field[] {
  const read = files.filter((file) => file !== ':memory:')
  return read.length === 0 ? [literal('true')] : [literal('cat'), literal('--'), ...read.map((text): Field => ({ text, known: true, glob: /[*{]/.test(text) ? text : null }))]
}

/** A database in one file, asked what changes nothing: what is read is the file, and each that the question names. Null for anything else. */
export function asksDatabase (program: string, args: readonly Field[], stdin: Stdin): DatabaseQuestion | null {
  const words = args.map(({ text }) => text)
  if (program === 'sqlite3') return sqlite(words, args, [textOn(stdin)].filter((text) => text !== null))
  const asked = program === 'duckdb' ? duckdb(words, args) : null
  return asked === null ? null : { runs: [asked], code: [] }
}
