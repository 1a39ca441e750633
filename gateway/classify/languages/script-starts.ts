import { isPlain, markAt, type ScriptPlace } from './script-places.ts'
import type { ScriptToken } from './script-tokens.ts'

// What these say of a program changes nothing of what it does; `shell`, `cwd`, `env`, `input` and `executable` would.
const HARMLESS = /^(?:capture_output|text|check|stdout|stderr|encoding|errors|timeout|universal_newlines)$/
const QUERY = /^\s*(?:select|explain|with|pragma\s+(?:table_info|index_list|foreign_key_list|user_version|integrity_check))\b/i

// `with x as (select 1) delete from y`, `pragma user_version = 2`
const CHANGES = /load_extension|\\|\b(?:insert|update|delete|replace\s+into|drop|alter|attach|create|vacuum|reindex)\b|^\s*pragma[^(]*=/i

/** The words of a program that `subprocess.run(['git', 'log'], text=True)` starts, from behind its bracket; null for any other form. */
export function startedAt (tokens: readonly ScriptToken[], from: number): readonly string[] | null {
  if (!markAt(tokens, from, '[')) return null
  const words: string[] = []
  let at = from + 1
  for (; !markAt(tokens, at, ']'); at += 1) {
    const token = tokens[at]
    if (!isPlain(token)) return null
    words.push(token.text)
    if (!markAt(tokens, at + 1, ',') && !markAt(tokens, at + 1, ']')) return null
    if (markAt(tokens, at + 1, ',')) at += 1
  }
  at += 1
  while (markAt(tokens, at, ',')) {
    if (markAt(tokens, at + 1, ')')) break
    if (!HARMLESS.test(tokens[at + 1]?.text ?? '') || !markAt(tokens, at + 2, '=')) return null
    at += 3
    // `True`, a number, a text, `subprocess.PIPE`
    at += markAt(tokens, at + 1, '.') ? 3 : 1
  }
  return words.length > 0 && /^[,)]$/.test(tokens[at]?.text ?? '') ? words : null
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

/** Whether a text that a database is asked begins as one that changes nothing; more than one statement it takes none. */
export function isQueryAt (tokens: readonly ScriptToken[], at: number): boolean {
  const token = tokens[at]
  return token?.kind === 'string' && QUERY.test(token.text) && !CHANGES.test(token.text) && /^[,)]$/.test(tokens[at + 1]?.text ?? '')
}
