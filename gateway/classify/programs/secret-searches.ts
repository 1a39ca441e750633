import type { Syntax } from '../shell/syntax.ts'

/** A pattern that is on every line, or on every line of a file of settings. */
export const ANYTHING = /^(?:\^|\$|\.[*+]?|\\[sSwW][*+]?|=|\[\^[^\]]*\][*+]?)*$|^\^?(?:\(?export\s*\)?\??)?(?:\[A-Za-z_\]|\[(?:[A-Z0-9_a-z-]*A-Z|\[:(?:upper|alpha|alnum):\])[A-Z0-9_a-z-]*\][*+]?|\\w[*+])+\s*=/

/** A pattern of what secrets look like. */
export const SECRET_VALUE = /AKIA|BEGIN.*(?:PRIVATE|RSA|OPENSSH)|\bsk-|\bghp_|xox(?:[bp]-|\\?\[)|aws_secret|[sr]k_(?:live|test)|\bglpat-|\bAIza|\beyJ|hooks\.slack|A-Z[^\]]*\](?:\{(?:[2-9]\d|\d{3})|\\\{[2-9]\d)|(?:KEY|SECRET|TOKEN|PASSWORD)(?:\\s[*+?]?|["'?\s])*(?:=|\[[:=]{1,2}\])|(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?)[^\s/]{0,16}:\\?\/\\?\/|authorization["':\\s ]+bearer|Bearer(?: |\\s[*+]?)+(?:\(\??:?)?(?:\[|\\[wS]|\.[*+])/i

/**
 * The name of a secret as files of settings give it its value. As programs read it, `process.env.API_KEY` or `'API_KEY'`, it is
 * on no such line.
 */
export const SECRET_SETTING = /(?<![\w.'"([])(?:[A-Z][A-Z0-9]*_)*(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(?:_[A-Z0-9]+)*(?![\w'"\])])|^_?(?:KEYS?|PASS|PWD)=?$/

// What a page of a project's whole history is put through; the diff of one commit is looked at as such.
const HISTORY = /^git (?:--no-pager )?(?:log|rev-list|reflog)\b.* (?:-[a-z]*p[a-z]*|-u|--patch)(?: |$)|^git stash show -p/

// In the history of code, a name of lower case is mostly that of a variable; these are words for nothing else.
const SECRET_WORD = /^(?:password|passwd|secrets?|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|(?:database|db|redis|mongo\w*|postgres\w*)_ur[li])=?$/i

// The names that secrets go by, each as one word of its own, however its parts are joined.
const KINDS: ReadonlyMap<string, string> = new Map([
  ['password', 'password passwords passwd pwd passphrase passwor passw'],
  ['secret', 'secret secrets clientsecret secretkey'],
  ['key', 'apikey apikeys accesskey privatekey'],
  ['token', 'token tokens'],
  ['credential', 'credential credentials'],
].flatMap(([kind = '', words = '']) => words.split(' ').map((word): [string, string] => [word, kind])))

/** Whether a pattern is of two or more kinds of secrets at once, `password|secret|token`: nobody who works on one of them asks so. */
export function huntsSecrets (pattern: string): boolean {
  if (!pattern.includes('|')) return false
  const words = pattern.split(/\\?\|/).map((part) => part.replace(/\[[^\]]*\]|\\.|\(or\)|\(\?[:i]+\)?|[^A-Za-z]/g, '').toLowerCase())
  return new Set(words.flatMap((word) => KINDS.get(word) ?? [])).size > 1
}

// Files of settings, by the pattern of their names; any other kind, code above all, holds values rarely.
const SETTINGS = /(?:^|[.{,])(?:properties|ini|cfg|conf|config|toml|ya?ml|env)\}?$/

/** Whether a search tool that shows every file below the folder, hidden ones among them, is asked for the values of secrets. */
export function seeksValues (pattern: string, include: string): boolean {
  const everywhere = include === '' || /^(?:\*\*\/)?\*$|^!/.test(include) || SETTINGS.test(include)
  return everywhere && (SECRET_VALUE.test(pattern) || huntsSecrets(pattern))
}

/** Whether a search through the history of a project is one for secrets. */
export function seeksSecrets (written: string): boolean {
  const pattern = written.replace(/^\(\?[a-z]+\)/, '')
  return SECRET_VALUE.test(pattern) || SECRET_SETTING.test(pattern) || pattern.split(/\\?\|/).some((part) => SECRET_WORD.test(part))
}

/** Whether a stage of a pipeline prints a project's history and the next one keeps what looks like secrets: `git log -p | grep API_KEY`. */
export function siftsHistory (stage: Syntax, next: Syntax | undefined): boolean {
  if (next === undefined || !HISTORY.test(stage.text) || !/^(?:[ef]?grep|rg|ag)$/.test(next.children[0]?.text ?? '')) return false
  return next.children.slice(1).some(({ text }) => !text.startsWith('-') && seeksSecrets(text.replace(/^(['"])(.*)\1$/s, '$2')))
}
