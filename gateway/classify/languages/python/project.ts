import { isSecretName } from '../../shell/hidden.ts'
import { isPlainSpecial } from './classes.ts'
import { begins, type ScriptImports } from './imports.ts'
import { composesText, isKnownModule, isOfPython } from './packages.ts'
import { closingAt, isPlain, markAt } from './places.ts'
import type { ScriptToken, ScriptTokens } from './tokens.ts'
import { POWERFUL_ATTRIBUTE } from './vocabulary.ts'
import { TooMuch } from '../too-much.ts'
import type { ScriptPlace } from '../reached.ts'
import { DOING } from '../words.ts'

// Where the project's modules may be looked for besides.
const OWN_FOLDER = /^(?:\.|(?:\.\/|\/workspace\/)?[A-Za-z][\w-]*(?:\/[A-Za-z][\w-]*)*\/?|\/workspace\/?)$/

/** The texts that code of the project could take for paths, wherever they stand. */
export function namedPaths (tokens: readonly ScriptToken[], unsure: boolean, client: boolean): readonly ScriptPlace[] {
  const reads: ScriptPlace[] = []
  // `sub = Order.objects.all()` is a value of the text, which is not called.
  const own = new Set(tokens.flatMap(({ kind, text }, at) => kind === 'name' && begins(tokens, at) && markAt(tokens, at + 1, '=') ? [text] : []))
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === 'name' && own.has(text) && !markAt(tokens, at - 1, '.') && !markAt(tokens, at + 1, '(') && !/^(?:import|as|,)$/.test(tokens[at - 1]?.text ?? '')) continue
    if (client && kind === 'string' && /^\/(?![/.])[^.]*$/.test(text) && /^(?:get|post|put|patch|delete|head|options)$/.test(tokens[at - 2]?.text ?? '') && markAt(tokens, at - 1, '(')) continue
    if (client && kind === 'string' && isAskedRoute(tokens, at)) continue
    if (unsure && kind === 'name' && composesText(text) && !(text === 'join' && tokens[at - 2]?.text === 'path')) throw new TooMuch()
    if (kind === 'string' && /^\w+:\/\//.test(text) && !IN_MEMORY.test(text)) throw new TooMuch()
    if (kind !== 'string' || !(unsure ? /^[~.]|[/\\]|^\w+:\S/ : /^[~/]|^\.\.?\/|^\.\w/).test(text) || isNoPath(text)) continue
    if (!/^[\w./@~-]+$/.test(text)) throw new TooMuch()
    reads.push({ root: text, below: null })
  }
  return reads
}

const IN_MEMORY = /^sqlite(?:\+\w+)?:\/\/(?:\/:memory:)?$/
const VERB = /^(?:get|post|put|patch|delete|head|options)$/

// `for path in ("/", "/cart"): r = client.get(path)`, as long as that and to print it is all that is done with it.
function isAskedRoute (tokens: readonly ScriptToken[], at: number): boolean {
  if (!/^\/(?![/.])[^.]*$/.test(tokens[at]?.text ?? '')) return false
  const from = tokens.findLastIndex(({ kind }, index) => kind === 'line' && index < at) + 1
  const name = tokens[from + 1]
  if (tokens[from]?.text !== 'for' || name?.kind !== 'name' || tokens[from + 2]?.text !== 'in' || !/^[([]$/.test(tokens[from + 3]?.text ?? '')) return false
  const end = closingAt(tokens, from + 3)
  if (at > end || !tokens.slice(from + 4, end).every(({ kind, text }) => kind === 'string' || text === ',')) return false
  return tokens.every(({ kind, text }, index) => {
    if (kind !== 'name' || text !== name.text || index === from + 1) return true
    const begin = tokens.findLastIndex((token, place) => place < index && (token.kind === 'line' || token.text === ':')) + 1
    return (markAt(tokens, index - 1, '(') && VERB.test(tokens[index - 2]?.text ?? '') && markAt(tokens, index - 3, '.')) || (tokens[begin]?.text === 'print' && markAt(tokens, begin + 1, '(') && !tokens.slice(begin + 2, index).some((token) => token.text === '('))
  })
}

// `1 / 2`, `a/b, c`: no part of it is hidden or leads out, and no file with a secret is called so.
function isNoPath (text: string): boolean {
  return IN_MEMORY.test(text) || (/[\s,;:()=+]/.test(text) && !/^[~/]|\.\.|(?:^|[/\\])\.|\\|:\/\/|[*?[\]{}$%]|\.(?:pem|key|env|p12|pfx|crt|ya?ml|json|toml|ini|cfg|conf)\b|secret|credential|passw|token|id_[red]/i.test(text))
}

/** Whether a text has a client that asks the application without any network. */
export function asksClient (sequences: ScriptTokens): boolean {
  return sequences.some((tokens) => tokens.some(({ kind, text }) => kind === 'name' && /^(?:TestClient|test_client|APIClient|ASGITransport|WSGITransport)$/.test(text)))
}

/** A function of the project gets what a script of it would get as arguments. @returns where its name ends */
export function checkProjectCall (tokens: readonly ScriptToken[], from: number): number {
  let at = from
  // What a class is about, as `Order.__table__` tells it; what is asked of that is looked at next.
  if (markAt(tokens, at + 1, '.') && isPlainSpecial(tokens, at + 2) && tokens[at + 2]?.text !== '__class__') return at
  // `Order.objects`, `billing.total`: parts of the project, and none of what it imports.
  while (markAt(tokens, at + 1, '.') && tokens[at + 2]?.kind === 'name') {
    const part = tokens[at + 2]?.text ?? ''
    const isOwnName = markAt(tokens, at + 3, '(') && !isOfPython(part)
    if (part.startsWith('_') || (isKnownModule(part) && !isOwnName) || POWERFUL_ATTRIBUTE.test(part) || isSecretName(part) || /^(?:config|settings|conf|environ)$/.test(part)) break
    at += 2
  }
  const name = tokens[at]?.text ?? ''
  const called = markAt(tokens, at + 1, '(')
  if (at > from && !called && !DOING.test(name) && !markAt(tokens, at + 1, '=') && (!markAt(tokens, at + 1, '.') || tokens[at + 2]?.text === '_meta' || isPlainSpecial(tokens, at + 2))) return at
  if (at === from && !called && tokens[at + 2]?.text === '_meta' && markAt(tokens, at + 1, '.')) return at
  // `ASGITransport(app=app)`
  if (at === from && !called && !DOING.test(name) && markAt(tokens, at - 1, '=') && markAt(tokens, at - 3, '(') && /Transport$/.test(tokens[at - 4]?.text ?? '') && /^[),]$/.test(tokens[at + 1]?.text ?? '')) return at
  // A class, or an application, that something is made of or asked about.
  if (at === from && !called && !DOING.test(name) && /^[(,]$/.test(tokens[at - 1]?.text ?? '') && /^[),]$/.test(tokens[at + 1]?.text ?? '') && (/^[A-Z]/.test(name) || /^[A-Z]|^inspect$/.test(tokens[at - 2]?.text ?? '') || (markAt(tokens, at - 3, '.') && /^(?:setattr|object|invoke)$/.test(tokens[at - 2]?.text ?? '')))) return at
  // By its name such a function does what scripts of the project do; told something, it could do more.
  const acts = DOING.test(name)
  if (!called || (acts && !isOwnAct(name))) throw new TooMuch()
  const end = closingAt(tokens, at + 1)
  if (end >= tokens.length) throw new TooMuch()
  for (const token of tokens.slice(at + 2, end)) {
    if (token.kind !== 'string') continue
    if (acts && !/^[\w-]*$/.test(token.text)) throw new TooMuch()
    if (!isNoPath(token.text) && (!token.plain || /^[.~/-]|\/|^\w+:/.test(token.text))) throw new TooMuch()
  }
  return at
}

/** Whether a function named so does what any script of a project does: `run_workflow`, `load_config`, `fetch_user`. */
export function isOwnAct (name: string): boolean {
  return /^(?:[a-z]+_)?(?:run|load|read|fetch|main|import|request|open|call)_?\w*$/.test(name) && /^\w+_\w+$/.test(name) && !/exec|eval|shell|system|spawn|popen|command|cmd|delete|remove|drop|deploy|publish|push|send|upload|write|download|install|migrat|env|secret|token|passw|credential|sql|script|code|file|path|url/i.test(name)
}

/** `print(sys.path)`, `for p in sys.path:` */
export function isSearchPathShown (tokens: readonly ScriptToken[], at: number): boolean {
  const [third, second, before] = [3, 2, 1].map((back) => tokens[at - back]?.text ?? '')
  if (!/^[),:]?$|^;$/.test(tokens[at + 3]?.text ?? '')) return false
  return before === 'in' || (before === '(' && /^(?:print|pprint|join|len|sorted|list)$/.test(second ?? '')) || (before === '*' && second === '(' && third === 'print')
}

/** `sys.path.insert(0, 'src')`. @returns where its last value stands */
export function searchesIn (tokens: readonly ScriptToken[], at: number, imports: ScriptImports): number {
  const verb = tokens[at + 2]?.text
  const value = at + (verb === 'insert' ? 6 : 4)
  if (!markAt(tokens, at + 1, '.') || !/^(?:insert|append)$/.test(verb ?? '')) throw new TooMuch()
  if (verb === 'insert' && (tokens[at + 4]?.kind !== 'number' || !markAt(tokens, at + 5, ','))) throw new TooMuch()
  const { folder, next } = folderAt(tokens, value)
  if (!OWN_FOLDER.test(folder) || !markAt(tokens, next, ')')) throw new TooMuch()
  const below = folder.replace(/^\/workspace(?:\/|$)|^\.(?:\/|$)/, '').replace(/\/$/, '').replaceAll('/', '.')
  if (below !== '') imports.loads.push(...imports.loads.map((module) => `${below}.${module}`))
  return next - 1
}

// `'src'`, `os.getcwd()`, `os.path.join(os.getcwd(), 'src')`, `os.path.abspath('.')`
function folderAt (tokens: readonly ScriptToken[], at: number): { readonly folder: string, readonly next: number } {
  const token = tokens[at]
  if (isPlain(token)) return { folder: token.text, next: at + 1 }
  const words = tokens.slice(at, at + 12).map(({ text }) => text).join(' ')
  if (words.startsWith('os . getcwd ( )')) return { folder: '.', next: at + 5 }
  if (words.startsWith('os . path . abspath (') && isPlain(tokens[at + 6]) && markAt(tokens, at + 7, ')')) return { folder: tokens[at + 6]?.text ?? '', next: at + 8 }
  if (words.startsWith('os . path . join ( os . getcwd ( ) ,') && isPlain(tokens[at + 12]) && markAt(tokens, at + 13, ')') && /^[A-Za-z]/.test(tokens[at + 12]?.text ?? '')) return { folder: tokens[at + 12]?.text ?? '', next: at + 14 }
  throw new TooMuch()
}
