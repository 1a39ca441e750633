import { isPlain, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import type { ScriptPlace } from '../reached.ts'

// What these say of a program changes nothing of what it does; `shell`, `cwd`, `env`, `input` and `executable` would.
const HARMLESS = /^(?:capture_output|text|check|stdout|stderr|encoding|errors|timeout|universal_newlines|bufsize)$/
const QUERY = /^\s*(?:select|explain|with|pragma\s+(?:table_info|index_list|foreign_key_list|user_version|integrity_check))\b/i

// `with x as (select 1) delete from y`, `pragma user_version = 2`
const CHANGES = /load_extension|\\|\b(?:insert|update|delete|replace\s+into|drop|alter|attach|create|vacuum|reindex)\b|^\s*pragma[^(]*=/i

/**
 * The words of a program that `subprocess.run(['git', 'log'], text=True)` starts, from behind its bracket. `listed` finds where the list
 * stands that a name is for. @returns null for any other form
 */
export function startedAt (tokens: readonly ScriptToken[], from: number, listed: (at: number) => number | null): readonly string[] | null {
  const open = markAt(tokens, from, '[') ? from : listed(from)
  if (open === null) return null
  const list = wordsAt(tokens, open)
  if (list === null || list.words.length === 0) return null
  return endsPlainly(tokens, open === from ? list.next : from + 1) ? list.words : null
}

/** The texts of a list, each written out. */
function wordsAt (tokens: readonly ScriptToken[], open: number): { readonly words: readonly string[], readonly next: number } | null {
  const words: string[] = []
  let at = open + 1
  while (!markAt(tokens, at, ']')) {
    const token = tokens[at]
    const isPython = token?.text === 'sys' && markAt(tokens, at + 1, '.') && tokens[at + 2]?.text === 'executable'
    if (!isPython && !isPlain(token)) return null
    words.push(isPython ? 'python3' : token?.text ?? '')
    at += isPython ? 3 : 1
    if (!markAt(tokens, at, ',') && !markAt(tokens, at, ']')) return null
    if (markAt(tokens, at, ',')) at += 1
  }
  return { words, next: at + 1 }
}

/** The texts of a list that is the only value of a call. */
export function wordsOnlyAt (tokens: readonly ScriptToken[], at: number): readonly string[] | null {
  const list = markAt(tokens, at, '[') ? wordsAt(tokens, at) : null
  return list !== null && markAt(tokens, list.next, ')') ? list.words : null
}

// What else it is told changes nothing of what it does.
function endsPlainly (tokens: readonly ScriptToken[], from: number): boolean {
  let at = from
  while (markAt(tokens, at, ',')) {
    if (markAt(tokens, at + 1, ')')) return true
    const option = tokens[at + 1]?.text ?? ''
    const value = tokens[at + 3]
    const isHere = option === 'cwd' && isPlain(value) && /^(?:\.|\/workspace)\/?$/.test(value.text)
    if (!(HARMLESS.test(option) || isHere) || !markAt(tokens, at + 2, '=')) return false
    at += 3
    // `True`, a number, a text, `subprocess.PIPE`
    at += markAt(tokens, at + 1, '.') ? 3 : 1
  }
  return markAt(tokens, at, ')')
}

/** The file that `sqlite3.connect('x.db')` opens; null when it is not written out. */
export function databaseAt (tokens: readonly ScriptToken[], at: number): readonly ScriptPlace[] | null {
  const name = tokens[at]
  const isUri = markAt(tokens, at + 1, ',') && tokens[at + 2]?.text === 'uri' && markAt(tokens, at + 3, '=') && markAt(tokens, at + 5, ')')
  if (!isPlain(name) || !(markAt(tokens, at + 1, ')') || isUri)) return null
  const root = isUri ? name.text.replace(/^file:/, '').replace(/\?(?:mode|cache|immutable)=\w+$/, '') : name.text
  if (root === ':memory:') return []
  return /^[\w./-]+$/.test(root) && !root.startsWith('//') ? [{ root, below: null }] : null
}

// Beside what is only in memory, these reach files.
const REACHES = /attach|load_extension|vacuum|readfile|writefile|pragma|edit\s*\(|\\/i

/** Whether a text leaves all files as they are when the database is only in memory. */
export function staysInMemory (tokens: readonly ScriptToken[], at: number): boolean {
  const token = tokens[at]
  return token?.kind === 'string' && token.filled !== true && !REACHES.test(token.text) && /^[,)]$/.test(tokens[at + 1]?.text ?? '')
}

/** Whether a text that a database is asked begins as one that changes nothing; more than one statement it takes none. */
export function isQueryAt (tokens: readonly ScriptToken[], at: number): boolean {
  const token = tokens[at]
  return token?.kind === 'string' && QUERY.test(token.text) && !CHANGES.test(token.text) && /^[,)]$/.test(tokens[at + 1]?.text ?? '')
}
