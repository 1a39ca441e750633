import { PHP_CLASSES, PHP_DENIED, PHP_FUNCTIONS, PHP_HIGHER, PHP_KEYWORDS, PHP_PACKAGES, PHP_READERS } from './php-vocabulary.ts'
import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetToken } from './snippet-tokens.ts'
import type { SnippetWords } from './snippet-words.ts'

const DENIED: ReadonlySet<string> = new Set([...PHP_DENIED].map((name) => name.toLowerCase()))
// Families of functions of which none only computes, so that the text may give no method such a name either.
const FAMILIES = /^(?:posix|pcntl|proc|socket|stream|curl|ftp|ssh2|shmop|sem|msg|shm|apcu|opcache|openssl|ob|ini|session|imap|ldap|mysqli|mysql|pg|sqlite|odbc|dba|xml|libxml|readline|sodium|fann|inotify|eio|event|zip|gz|bz|exif|image)_|^image(?:create|png|jpeg|gif)|^(?:fsync|ftruncate|flock|fread|fgets|fgetc|fgetcsv|fpassthru|fscanf|fstat|opendir|readdir|dir|chdir|chroot|umask|lchown|lchgrp|readlink|syslog|openlog|error_log|setlocale|getmypid|getmyuid|gethostbyname|dns_\w+|checkdnsrr|header|setcookie|set_time_limit|ignore_user_abort|settype)$/
const AUTOLOAD = /^(?:\.\/|\/)?vendor\/autoload\.php$/
const NAMESPACED = /\\/

// A closing tag ends even a comment, and what follows `<<<` is a text of its own kind.
const REFUSED = /\?>|<<<|`|\$\$|\$\{|\$_|\$GLOBALS|\$argv|<\?(?!php\s)/i

function look (words: SnippetWords, at: number): number | null {
  const token = words.tokens[at]
  if (token?.kind === 'mark') return mark(words, at)
  if (token?.kind !== 'name') return null
  if (token.text.startsWith('$')) return variable(words, at)
  return named(words, at)
}

// Brackets behind a value call it, and a name in braces or a variable behind an arrow is a name made from text.
function mark (words: SnippetWords, at: number): null {
  const { text = '' } = words.tokens[at] ?? {}
  if (text === '(' && at > 0 && /^[)\]}]$/.test(words.text(at - 1)) && words.tokens[at - 1]?.kind === 'mark') {
    if (words.text(at - 1) !== ')' || !behindCondition(words, at - 1)) words.refuse()
  }
  if (words.language.joins.has(text) && (words.mark(at + 1, '{') || words.name(at + 1).startsWith('$'))) words.refuse()
  return null
}

// `if (a) (b)` has no call in it.
function behindCondition (words: SnippetWords, close: number): boolean {
  for (let at = close, depth = 0; at >= 0; at -= 1) {
    if (words.tokens[at]?.kind !== 'mark') continue
    if (words.mark(at, ')')) depth += 1
    else if (words.mark(at, '(')) depth -= 1
    if (depth === 0) return /^(?:if|while|for|foreach|elseif|match|switch)$/.test(words.name(at - 1))
  }
  return false
}

function variable (words: SnippetWords, at: number): number | null {
  const said = words.text(at)
  if (words.name(at - 1).toLowerCase() === 'new' || words.mark(at + 1, '::')) words.refuse()
  if (words.mark(at + 1, '(') && !words.defined.has(said) && !isClosure(words, said)) words.refuse()
  return at + 1
}

// Whatever it is given anywhere is a function written out there.
function isClosure (words: SnippetWords, said: string): boolean {
  let given = false
  for (const tokens of words.sequences) {
    for (const [at, { text, kind }] of tokens.entries()) {
      if (kind !== 'name' || text !== said || (tokens[at + 1]?.text === '(' && tokens[at - 1]?.text !== 'function')) continue
      const first = tokens[at + 2]?.text === 'static' ? 3 : 2
      if (tokens[at + 1]?.text !== '=' || !/^(?:fn|function)$/.test(tokens[at + first]?.text ?? '')) return false
      given = true
    }
  }
  return given
}

function named (words: SnippetWords, at: number): number | null {
  const said = words.text(at)
  const plain = said.replace(/^\\/, '').toLowerCase()
  const called = words.mark(at + 1, '(')
  const joined = words.joined(at)
  if (plain === 'require') return requires(words, at)
  if (plain === 'use' && !words.mark(at + 1, '(')) return uses(words, at)
  if (DENIED.has(plain) || FAMILIES.test(plain)) words.refuse()
  if (words.language.keywords.has(plain) || words.language.keywords.has(said)) return at + 1
  if (joined) {
    if (words.ownsCode) words.own(said, called)
    return at + 1
  }
  // A property, a parameter by its name, or what the text declares.
  if (words.defined.has(said)) return at + 1
  if (words.mark(at + 1, '::') || /^(?:new|instanceof|extends)$/i.test(words.name(at - 1))) return isClass(words, said, at) ? at + 1 : words.refuse()
  if (!called) return NAMESPACED.test(said.replace(/^\\/, '')) && !isClass(words, said, at) ? words.refuse() : at + 1
  return call(words, at, plain)
}

function isClass (words: SnippetWords, said: string, at: number): boolean {
  const name = said.replace(/^\\/, '')
  if (name === 'RecursiveDirectoryIterator') {
    words.reading(at + 2)
    return words.mark(at + 1, '(')
  }
  if (PHP_CLASSES.has(name)) return true
  return words.ownsCode && NAMESPACED.test(name) && !PHP_PACKAGES.has(name.split('\\')[0] ?? '') && !/exec|shell|process|mail|http|client|command|\\console/i.test(name)
}

function call (words: SnippetWords, at: number, plain: string): number {
  if (PHP_READERS.has(plain)) {
    reads(words, at + 2)
    return at + 1
  }
  if (plain === 'glob') {
    words.listing(at + 2)
    return at + 1
  }
  const callback = PHP_HIGHER.get(plain)
  if (callback !== undefined) calls(words, at + 1, callback)
  else if (!PHP_FUNCTIONS.has(plain)) words.refuse()
  // With `e` behind its end, old versions run what is put in.
  if (plain === 'preg_replace' && (words.tokens[at + 2]?.kind !== 'string' || /e[A-Za-z]*$/.test(/[A-Za-z]*$/.exec(words.text(at + 2))?.[0] ?? ''))) words.refuse()
  return at + 1
}

// The function that is called is written out, or named by one that computes.
function calls (words: SnippetWords, open: number, position: number): void {
  const starts = words.values(open)
  const at = starts[position]
  if (starts.some((start) => words.mark(start, '...') || (words.name(start) !== '' && words.mark(start + 1, ':')))) words.refuse()
  if (at === undefined) return position === 1 && starts.length === 1 ? undefined : words.refuse()
  const listed = words.plain(at)
  if (listed !== null) return PHP_FUNCTIONS.has(listed.toLowerCase()) ? undefined : words.refuse()
  if (/^(?:fn|function|null)$/.test(words.name(at)) || (words.name(at) === 'static' && /^(?:fn|function)$/.test(words.name(at + 1)))) return
  if (PHP_FUNCTIONS.has(words.name(at)) && words.mark(at + 1, '(') && words.mark(at + 2, '...')) return
  if (words.name(at).startsWith('$') && isClosure(words, words.name(at))) return
  words.refuse()
}

// A path written out, or a name that only ever stands for what a listing found.
function reads (words: SnippetWords, at: number): void {
  const said = words.name(at)
  if (!said.startsWith('$')) {
    if (words.plain(at) === 'php://stdin') return
    words.reading(at)
    if (!words.mark(at + 1, ')') && !words.mark(at + 1, ',')) words.refuse()
    return
  }
  if (!/^[),]$/.test(words.text(at + 1)) || !listed(words, said)) words.refuse()
}

function listed (words: SnippetWords, said: string): boolean {
  let found = false
  for (const tokens of words.sequences) {
    for (const [at, { text, kind }] of tokens.entries()) {
      if (kind !== 'name' || text !== said) continue
      if (tokens[at - 1]?.text === 'as' && tokens === words.tokens && !found && fromListing(words, at - 1)) found = true
      else if (gets(tokens, at)) return false
    }
  }
  return found
}

// Wherever a name gets a value: in an assignment, a list, the head of a function or that of a loop.
function gets (tokens: readonly SnippetToken[], at: number): boolean {
  if (/^(?:as|=>|&|\+\+|--|static|global)$/.test(tokens[at - 1]?.text ?? '') || /^(?:[-+*/.|&^]?=|\?\?=|\+\+|--)$/.test(tokens[at + 1]?.text ?? '')) return true
  let open = at - 1
  for (let depth = 0; open >= 0; open -= 1) {
    const text = tokens[open]?.kind === 'mark' ? tokens[open]?.text ?? '' : ''
    if (/^[)\]}]$/.test(text)) depth += 1
    else if (/^[([{]$/.test(text) && (depth -= 1) < 0) break
  }
  if (tokens[open]?.text === '[') return !/^(?:\$\w+|\])$/.test(tokens[open - 1]?.text ?? '')
  return tokens[open]?.text === '(' && (/^(?:fn|function|list|array|use)$/.test(tokens[open - 1]?.text ?? '') || tokens[open - 2]?.text === 'function')
}

// `foreach (glob("x/*.php") as $f)`, `foreach (new RegexIterator(… new RecursiveDirectoryIterator("src") …) as $f)`
function fromListing (words: SnippetWords, as: number): boolean {
  let at = as
  while (at > 0 && words.name(at) !== 'foreach') at -= 1
  const first = words.name(at + 2)
  if (first === 'glob') return words.behind(at + 3) === as
  const folder = words.tokens.findIndex(({ text }, place) => place > at && place < as && text === 'RecursiveDirectoryIterator')
  const only = words.tokens.slice(at + 2, as).every(({ kind, text }) => kind !== 'name' || /^(?:new|RegexIterator|RecursiveIteratorIterator|RecursiveDirectoryIterator|FilesystemIterator|SKIP_DOTS)$/.test(text))
  if (first !== 'new' || folder < 0 || !only) return false
  const root = words.plain(folder + 2)
  if (root === null) return false
  words.reads.push({ root, below: '**' })
  return true
}

function requires (words: SnippetWords, at: number): number {
  const bracket = words.mark(at + 1, '(') ? 1 : 0
  const below = words.name(at + 1 + bracket) === '__DIR__' && words.mark(at + 2 + bracket, '.') ? 2 : 0
  const file = words.plain(at + 1 + bracket + below)
  const end = at + 2 + 2 * bracket + below
  if (file === null || !AUTOLOAD.test(file) || file.startsWith('/') !== (below > 0) || !words.mark(end, ';') || (bracket > 0 && !words.mark(end - 1, ')'))) words.refuse()
  words.ownsCode = true
  words.loads.push('vendor/autoload.php')
  return end
}

// `use Harbor\Tariff\Rate;` gives a class of the project a short name.
function uses (words: SnippetWords, at: number): number {
  const said = words.name(at + 1)
  const alias = words.name(at + 2) === 'as' ? 2 : 0
  const short = alias > 0 ? words.name(at + 3) : said.split('\\').at(-1) ?? ''
  if (!words.mark(at + 2 + alias, ';') || !isClass(words, said, at) || PHP_FUNCTIONS.has(short.toLowerCase()) || DENIED.has(short.toLowerCase()) || PHP_KEYWORDS.has(short)) words.refuse()
  words.defined.add(short)
  return at + 3 + alias
}

export const PHP: SnippetLanguage = {
  syntax: {
    comment: /#(?!\[)[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\//y,
    name: /\$[A-Za-z_]\w*|\\?[A-Za-z_]\w*(?:\\[A-Za-z_]\w*)*/y,
    mark: /::|\?->|->|=>|\.\.\.|\?\?=|[-+*/.|&^]=(?!=)|&&|\|\||<=>|[=!]==?|[-+*/%.,;:?!<>=&|^~@()[\]{}#]/y,
    strings: [{ open: "'", close: "'", escapes: true, lines: true }, { open: '"', close: '"', escapes: true, filled: ['{$', '}'], lines: true }],
    refused: REFUSED,
  },
  denied: names('eval'),
  keywords: PHP_KEYWORDS,
  declares: names('function class interface trait enum const'),
  joins: names('-> ?-> ::'),
  look,
}
