import { isSecretName } from '../../shell/hidden.ts'
import { isKnownModule } from './packages.ts'
import { closingAt, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'

// What these say of a function, class or module, they say without running it.
const ASKS = /^(?:signature|getsource|getdoc|getsourcelines|getfile|getsourcefile|dis|cleandoc|isfunction|isclass|ismethod|iscoroutinefunction|isgeneratorfunction|getfullargspec|callable|dir|help|hasattr)$/
// What a module or a function says of itself.
const SAYS = /^(?:__(?:version|file|name|doc|path|qualname|module|title|author|license)__|VERSION|version|version_info)$/
// Modules whose loading does something, whatever is asked of them.
const ACTS = /^(?:antigravity|this|idlelib|turtledemo|turtle|lib2to3|test|sitecustomize|usercustomize|site_packages|pyautogui|pynput|keyboard|mouse|pwnlib|gevent|code|pdb|webbrowser)(?:\.|$)/

/**
 * `inspect.getsource(json.dumps)`: what is told of something does not run it, if what tells it is what `meaning` says.
 * @returns where its name ends, or null
 */
export function toldAt (tokens: readonly ScriptToken[], at: number, meaning: (name: string) => string): number | null {
  const asker = tokens[at - 2]?.text ?? ''
  const isMember = markAt(tokens, at - 3, '.')
  const from = isMember ? tokens[at - 4]?.text ?? '' : asker
  if (isMember ? markAt(tokens, at - 5, '.') || !/^(?:inspect|dis)$/.test(meaning(from)) : !/^(?:dir|help|callable|hasattr)$/.test(from) && !/^(?:inspect|dis)\./.test(meaning(from))) return null
  return namedAt(tokens, at)
}

function namedAt (tokens: readonly ScriptToken[], at: number): number | null {
  if (tokens[at]?.kind !== 'name' || !ASKS.test(tokens[at - 2]?.text ?? '') || !markAt(tokens, at - 1, '(')) return null
  const end = chainEnd(tokens, at)
  return /^[),]$/.test(tokens[end + 1]?.text ?? '') && !tokens.slice(at, end + 1).some(({ text }) => isSecretName(text)) ? end : null
}

/** `json.dumps.__doc__`. @returns where its name ends, or null */
export function saidAt (tokens: readonly ScriptToken[], at: number): number | null {
  const end = chainEnd(tokens, at)
  if (end > at && /^__(?:mro|bases)__$/.test(tokens[end]?.text ?? '') && isShown(tokens, end)) return end
  return end > at && SAYS.test(tokens[end]?.text ?? '') && !/^(?:\(|=|:=)$/.test(tokens[end + 1]?.text ?? '') ? end : null
}

/** Whether it is asked where a module of the project is, or which: `app.cli.__file__`. */
export function saysItself (tokens: readonly ScriptToken[], at: number): boolean {
  const end = chainEnd(tokens, at)
  return /^__(?:file|version|doc|path)__$/.test(tokens[end]?.text ?? '') && tokens.slice(at, end).every(({ text }) => text === '.' || (!text.includes('__') && !isSecretName(text)))
}

/** Whether loading a known module does nothing by itself. */
export function isIdle (module: string): boolean {
  return isKnownModule(module.split('.')[0] ?? '') && !ACTS.test(module) && !module.split('.').some((part) => part.startsWith('_'))
}

/** Whether a known module is loaded only to be told about: of nothing in it, wherever its name stands, anything is run or handed on. */
export function isOnlyTold (tokens: readonly ScriptToken[], module: string, name: string): boolean {
  if (!isIdle(module)) return false
  let asked = false
  let importing = false
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === 'line') importing = false
    if (kind === 'name' && /^(?:import|from)$/.test(text)) importing = true
    if (importing || kind !== 'name' || text !== name || markAt(tokens, at - 1, '.')) continue
    if (namedAt(tokens, at) === null && saidAt(tokens, at) === null) return false
    asked = true
  }
  return asked
}

/** Whether a call of `help` tells of something that has a name, or of a name. */
export function isHelp (tokens: readonly ScriptToken[], at: number): boolean {
  const end = closingAt(tokens, at)
  return namedAt(tokens, at + 1) === end - 1
}

/** Whether what a parameter is by default, which may be a function of power, is only shown or compared. */
export function isShown (tokens: readonly ScriptToken[], at: number): boolean {
  const next = tokens[at + 1]
  if (next?.kind === 'name' && /^(?:is|not|in)$/.test(next.text)) return true
  if (next !== undefined && !/^(?:[),}]|[=!]=)$/.test(next.text)) return false
  let start = at
  while (markAt(tokens, start - 1, '.') && tokens[start - 2]?.kind === 'name') start -= 2
  // Alone, it stands in a text that is filled with it.
  if (start === 0) return next === undefined
  let open = start - 1
  for (let depth = 0; open >= 0 && !(depth === 0 && markAt(tokens, open, '(')); open -= 1) {
    if (tokens[open]?.kind === 'line') return /^[=!]=$/.test(next?.text ?? '')
    depth += /^[)\]}]$/.test(tokens[open]?.text ?? '') ? 1 : /^[([{]$/.test(tokens[open]?.text ?? '') && tokens[open]?.kind === 'mark' ? -1 : 0
    if (depth < 0) return false
  }
  return /^(?:print|repr|str)$/.test(tokens[open - 1]?.text ?? '')
}

function chainEnd (tokens: readonly ScriptToken[], at: number): number {
  let end = at
  while (markAt(tokens, end + 1, '.') && tokens[end + 2]?.kind === 'name') end += 2
  return end
}
