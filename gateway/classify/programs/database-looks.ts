import { literal, type Field } from '../shell/facts.ts'

type Look = (words: readonly string[], args: readonly Field[]) => readonly Field[] | null

const SHOWN = /^-(?:header|noheader|column|json|csv|readonly|line|list|table|markdown|box|ascii)$/
const FILE = /^(?!-)(?:[\w./-]+|:memory:)$/

// One statement that only reads; the tool's own functions reach files and other databases.
const QUERY = /^(?:\.(?:schema|tables|indexes|databases)(?: \w+)?|\s*(?:explain (?:query plan )?)?select\b[^;]*;?\s*|\s*pragma (?:table_info|index_list|foreign_key_list)\(\w+\);?)$/i
const QUERY_POWERS = /writefile|readfile|load_extension|edit\s*\(|fts3_tokenizer|fsdir|zipfile|sqlar|\binto\b/i

const sqlite: Look = (words, args) => {
  const at = words.findIndex((word) => !SHOWN.test(word))
  const [file, ...queries] = args.slice(Math.max(at, 0))
  if (file === undefined || queries.length === 0 || !FILE.test(file.text)) return null
  return queries.every(({ text }) => QUERY.test(text) && !QUERY_POWERS.test(text)) ? shows([file.text]) : null
}

// DuckDB opens whatever file a statement names, in either kind of quotes, and by functions of many names; only these are known.
const DUCK_QUERY = /^(?:\.(?:schema|tables|databases)(?: \w+)?|\s*(?:explain\s+(?:analyze\s+)?)?(?:select|from|with|describe|summarize|show)\b[^;]*;?\s*)$/i
const DUCK_WORDS = /\b(?:into|copy|attach|install|load|set|pragma|export|import|call|getvariable|create|insert|update|delete|drop|alter)\b|--|\/\*|\$\$|\\/i
const DUCK_FUNCTIONS = new Set(('count sum avg min max median mode stddev quantile first last any_value list array_agg string_agg coalesce nullif lower upper trim length substr substring replace concat round floor ceil abs ' +
  'cast try_cast date_trunc date_part date_diff strftime extract year month day now current_date row_number rank dense_rank lag lead over in and or not on as where values exists from distinct partition by unnest len ' +
  'regexp_matches regexp_replace contains starts_with left right case when then else filter using union join select having ' +
  'read_csv read_csv_auto read_parquet parquet_scan parquet_schema read_json read_json_auto read_ndjson').split(' '))

const duckdb: Look = (words, args) => {
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

/** Databases in one file, asked one thing that changes nothing, by program: what is read is the file, and each that the question names. */
export const DATABASE_LOOKS: Readonly<Record<string, Look>> = { sqlite3: sqlite, duckdb }
