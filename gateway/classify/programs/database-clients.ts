import { named, type Question } from './container-looks.ts'
import { textOn, type Stdin } from './invocation.ts'
import { literal, type Field } from '../shell/facts.ts'

/** The name under which rules know a question to a server of data on this machine. */
export const LOCAL_QUERY = 'local-query'

const HOST = /^(?:-h ?|--host[= ])(?:localhost|127\.0\.0\.1)$/
// Of a statement that only selects, no function may be other than these: some of a database's own read and write files.
const FUNCTIONS: ReadonlySet<string> = new Set(('explain count sum avg min max coalesce nullif greatest least lower upper length char_length round floor ceil abs mod sign sqrt now version date date_trunc date_part to_char to_date ' +
  'age timezone current_database distinct in and or not on as where when then else values any all some exists cast extract over partition by within group filter using lateral from select union ' +
  'row_number rank dense_rank ntile lag lead first_value last_value array_agg string_agg array_length cardinality unnest json_agg jsonb_agg jsonb_object_keys json_array_length jsonb_array_length jsonb_typeof jsonb_array_elements row_to_json to_jsonb json_build_object jsonb_build_object ' +
  'json_extract json_unquote trim ltrim rtrim btrim substring substr left right position strpos replace split_part concat concat_ws initcap md5 percentile_cont percentile_disc stddev variance bool_and bool_or every ' +
  'pg_size_pretty pg_total_relation_size pg_relation_size pg_table_size pg_indexes_size pg_database_size pg_get_indexdef pg_get_constraintdef pg_get_viewdef group_concat ifnull if isnull date_format date_add date_sub datediff timestampdiff curdate year month day hour minute database').split(' '))
const SELECTS = /^\s*(?:explain\s+(?:(?:analyze|verbose)\s+|\((?:\s*(?:analyze|buffers|verbose|costs|timing|settings|summary|format\s+(?:text|json|yaml))\s*,?)+\)\s*)?)?(?:select|with|show|describe|desc)\b[^;\\`]*;?\s*$/i
const CHANGES = /\b(?:into|for\s+(?:no\s+key\s+)?(?:update|share)|program|outfile|dumpfile|lock|insert|update|delete|merge|truncate|recursive)\b|--|\/\*|@@|"/i

/** The same with each text empty, and names in quotes without them. */
function plainOf (text: string): string {
  return text.replace(/'(?:[^']|'')*'/g, "''").replace(/"(\w+)"/g, ' $1 ')
}

// Databases differ in where such a text ends: what is in it for one is a call for another.
const AMBIGUOUS = /\\['"]|\$\w*\$/
// Where servers keep the passwords of their own users.
const PASSWORDS = /\b(?:pg_shadow|pg_authid|pg_user_mappings?|pg_largeobject|authentication_string|mysql\.(?:user|global_priv))\b/i

function onlySelects (text: string): boolean {
  if (AMBIGUOUS.test(text) || PASSWORDS.test(text)) return false
  const plain = plainOf(text)
  return SELECTS.test(plain) && !CHANGES.test(plain) && [...plain.matchAll(/([A-Za-z_][\w.]*)\s*\(/g)].every(([, name = '']) => FUNCTIONS.has(name.toLowerCase()))
}

// `copy (select …) to stdout csv header`: what is found, as a table of another form.
const COPIES = /^\\?copy ?\(([^;]*)\) ?to stdout(?: (?:with ?)?\(?(?: ?,? ?(?:format )?(?:csv|text|binary|header(?: true)?))* ?\)?)? ?;?$/i

function onlyCopies (text: string): boolean {
  const [, query] = COPIES.exec(text.replace(/\s+/g, ' ').trim()) ?? []
  return query !== undefined && onlySelects(query) && closesItself(plainOf(query))
}

// Behind a bracket that closes more than the query's own, it could go to a file.
function closesItself (plain: string): boolean {
  let depth = 0
  for (const character of plain) {
    if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

const LISTS = /^\\(?:d[A-Za-z]{0,3}S?\+?|l\+?|z|sf\+?|sv\+?|conninfo|x(?: on| off| auto)?|timing(?: on| off)?|q|pset (?:pager off|format \w+|border \d|null \w+))(?: [\w.*]+)?$/

/** What `psql` is told, a line at a time: its own commands that list something, and statements that only select. */
function onlyLists (text: string): boolean {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^--[^\\'"]*$/.test(line)) // a quote there may end a text that began before
  if (!lines.every((line) => !line.startsWith('\\') || LISTS.test(line) || onlyCopies(line))) return false
  const statements = statementsOf(lines.filter((line) => !line.startsWith('\\')).join('\n'))
  return lines.length > 0 && statements.every((statement) => onlySelects(statement) || onlyCopies(statement))
}

function statementsOf (text: string): readonly string[] {
  return [...text.matchAll(/(?:'(?:[^']|'')*'|[^';])+/g)].map(([statement]) => statement).filter((statement) => statement.trim() !== '')
}

const OPTION = new RegExp([
  '^(?:-p ?|-P ?|--port[= ])\\d+$', '^-p(?:root|password|postgres|test|dev|app|example)$', '^(?:-[Uud] ?|--(?:user|username|dbname|database)[= ])\\w+$', '^-[AtxXqNwE]+$',
  '^--(?:csv|html|no-psqlrc|tuples-only|no-align|expanded|quiet|no-password|table|vertical|batch|skip-column-names|protocol=tcp)$', '^-[AtxXqwE]*F ?[,;|:]$', '^(?:-v ?|--set=|--variable=)ON_ERROR_STOP=(?:1|on)$', '^(?:-P ?|--pset=)(?:pager(?:=off)?|format=\\w+|border=\\d|null=\\w*)$',
  '^\\w+$', '^postgres(?:ql)?:\\/\\/(?:\\w+(?::\\w+)?@)?(?:localhost|127\\.0\\.0\\.1)(?::\\d+)?\\/\\w+$',
].join('|'))

/** A client of a database on this machine, asked some things: `ask` are the options before a statement. */
function client (program: string, ask: RegExp, statement: (text: string) => boolean): Question {
  return (words) => {
    const isAsked = words.map((word, at) => ask.test(word) && !ask.test(words[at - 1] ?? ''))
    const asked = words.filter((_, at) => isAsked[at - 1] === true)
    if (asked.length === 0 || asked.length < isAsked.filter(Boolean).length || !asked.every(statement)) return null
    const rest = words.filter((_, at) => isAsked[at] !== true && isAsked[at - 1] !== true).join('\n').replace(/^(-[hpPUudv]|-[AtxXqwE]*F|--(?:host|port|user|username|dbname|database))\n/gm, '$1 ').split('\n').filter(Boolean)
    return rest.every((word) => HOST.test(word) || OPTION.test(word)) ? named(LOCAL_QUERY, [program]) : null
  }
}

/** `psql -f FILE` and `psql <<EOF` with what they ask as `-c` would: the text of a file that the command wrote, or of its input. */
export function withStatement (args: readonly Field[], stdin: Stdin, textOf: (file: Field) => string | null): readonly Field[] {
  const at = args.findIndex(({ text }) => text === '-f')
  const file = args[at + 1]
  const text = at >= 0 && file?.known === true ? textOf(file) : args.some(({ text: word }) => /^-[A-Za-z]*[cf]|^--(?:command|file)/.test(word)) ? null : textOn(stdin)
  if (text === null) return args
  return [...at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)], literal('-c'), literal(text.trim())]
}

const REDIS_WHERE = '(?:(?:-h (?:localhost|127\\.0\\.0\\.1)|-p \\d+|-n \\d+|--raw|--no-raw|--json|--csv|--no-auth-warning) )*'
const REDIS = new RegExp(`^${REDIS_WHERE}(?:` + [
  '--scan(?: --pattern [\\w:.*-]+| --count \\d+)*', '--bigkeys', '--memkeys', '--stat -i \\d+ -r \\d+', 'ping', 'dbsize', 'time', 'info(?: [a-z]+)?', 'memory (?:usage [\\w:.-]+|stats|doctor)', 'client list', 'slowlog get(?: \\d+)?', 'latency doctor', 'command count', 'lastsave',
  'config get (?:maxmemory(?:-policy)?|save|appendonly|databases|timeout|notify-keyspace-events)',
  '(?:get|mget|type|ttl|pttl|exists|llen|hget|hmget|hgetall|hkeys|hlen|hexists|smembers|sismember|scard|keys|strlen|lrange|getrange|zscore|zrange|zcard|xrange|xlen|xinfo stream|scan|object encoding)(?: (?!-[A-Za-z-])[\\w:.+*-]+)+',
].join('|') + ')$', 'i')
const redis: Question = (words) => REDIS.test(words.join(' ')) ? named(LOCAL_QUERY, ['redis-cli']) : null

// One question to a database of documents.
const DOCUMENTS = /^db\.(?:getCollection\("\w+"\)|\w+)\.(?:countDocuments|estimatedDocumentCount|find|findOne|distinct|getIndexes|stats)\((?:[\w\s"'{}[\]:,.$+-]*)\)(?:\.(?:limit|sort|skip|count|toArray|pretty|explain|size)\([\w\s"'{}:,-]*\))*;?$|^(?:show (?:collections|dbs|databases)|db\.(?:stats|getCollectionNames|version)\(\))$/
const DOCUMENT_STORE = /^(?:mongodb:\/\/(?:\w+:\w+@)?(?:localhost|127\.0\.0\.1)(?::\d+)?\/)?\w+$/
const documents: Question = (words) => {
  const at = words.indexOf('--eval')
  const text = words[at + 1] ?? ''
  const [place = '', ...more] = words.filter((word, index) => index !== at && index !== at + 1 && !/^--(?:quiet|json=\w+)$/.test(word))
  return at >= 0 && more.length === 0 && DOCUMENTS.test(text) && !/\$(?:where|function|accumulator)|function|=>/.test(text) && !/\b(?:process|globalThis|global|this|self|require|module|config|load)\b(?!\s*:)/.test(text.replace(/"[^"]*"|'[^']*'/g, '0')) && DOCUMENT_STORE.test(place) ? named(LOCAL_QUERY, ['mongosh']) : null
}

const ready: Question = (words) => /^(?:-h (?:localhost|127\.0\.0\.1)|-p \d+|-q|-[Ud] \w+| )*$/.test(words.join(' ')) ? named(LOCAL_QUERY, ['pg_isready']) : null

/** Clients of databases and stores on this machine, as they are asked for no more than a look. */
export const DATABASE_CLIENTS: Readonly<Record<string, Question>> = {
  psql: client('psql', /^-[AtxXq]*c$|^--command$/, onlyLists),
  mysql: client('mysql', /^-[NBst]*e$|^--execute$/, (text) => statementsOf(text.replace(/\\G;?$/, '')).every(onlySelects)),
  'redis-cli': redis,
  pg_isready: ready,
  mongosh: documents,
}
