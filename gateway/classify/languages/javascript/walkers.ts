import { isMark, isMember, isPlainText } from './names.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'

/** A text without its functions that list all files below a folder, and these by their names: each with how the files' names end. */
export interface Walked { readonly rest: JavascriptTokens, readonly walkers: ReadonlyMap<string, string>, readonly needs: ReadonlySet<string> }

const NAME = '[A-Za-z_$][\\w$]*'
const TEXT = '"[^"\\\\]*"'
const ENTRY = '\\k<e>(?: \\. name)?'
const LISTS = '(?<lists>(?:fs \\. )?readdirSync) \\( \\k<d>(?: , \\{ withFileTypes : true \\})? \\)'
const JOINED = `(?:(?<joins>(?:path \\. )?join) \\( \\k<d> , ${ENTRY} \\)|\`\\$\\{\\k<d>\\}/\\$\\{\\k<e>(?:\\.name)?\\}\`|\\k<d> \\+ "/" \\+ ${ENTRY})`
const JOINED_TOO = JOINED.replace('?<joins>', '?:')
const IS_FOLDER = `(?:\\k<e>|(?:fs \\. )?(?:l?statSync) \\( (?:\\k<p>|${JOINED_TOO}) \\)) \\. isDirectory \\( \\)`
const TEST = `(?:! )?(?:(?:\\k<p>|${ENTRY}) \\. (?:endsWith|startsWith|includes) \\( ${TEXT} \\)|/pattern/ \\. test \\( (?:\\k<p>|${ENTRY}) \\)|${ENTRY} [=!]==? ${TEXT})`
const TESTS = `${TEST}(?: (?:&&|\\|\\|) ${TEST})*`
const SKIPS = `(?:if \\( ${TESTS} \\) continue (?:; )?)*`
const BODY = (found: string, inner: string): string => `for \\( (?:const|let) (?<e>${NAME}) of ${LISTS} \\) \\{ ${SKIPS}(?:const|let) (?<p>${NAME}) = ${JOINED} (?:; )?${SKIPS}if \\( ${IS_FOLDER} \\) (?:\\{ )?${inner} (?:; )?(?:\\} )?else (?:if \\( (?<tests>${TESTS}) \\) )?(?:\\{ )?${found} (?:; )?(?:\\} )?\\} `
// `function walk (dir, out = []) { for (const e of fs.readdirSync(dir, …)) { … } return out }`
const COLLECTS = new RegExp(`^function (?<w>${NAME}) \\( (?<d>${NAME})(?: , (?<a>${NAME}) = \\[ \\])? \\) \\{ (?:(?:const|let) (?<b>${NAME}) = \\[ \\] (?:; )?)?${BODY('(?:\\k<a>|\\k<b>) \\. push \\( \\k<p> \\)', '(?:\\k<w> \\( \\k<p> , \\k<a> \\)|(?:\\k<a>|\\k<b>) \\. push \\( \\.\\.\\. \\k<w> \\( \\k<p> \\) \\))')}return (?:\\k<a>|\\k<b>) (?:; )?\\}$`)
const YIELDS = new RegExp(`^function \\* (?<w>${NAME}) \\( (?<d>${NAME}) \\) \\{ ${BODY('yield \\k<p>', 'yield \\* \\k<w> \\( \\k<p> \\)')}\\}$`)
// `const walk = d => fs.readdirSync(d, …).flatMap(e => e.isDirectory() ? walk(path.join(d, e.name)) : [path.join(d, e.name)])`
const MAPS = new RegExp(`^(?:const|let) (?<w>${NAME}) = (?:\\( )?(?<d>${NAME}) (?:\\) )?=> ${LISTS} \\. flatMap \\( (?:\\( )?(?<e>${NAME}) (?:\\) )?=> (?:\\{ (?:const|let) (?<p>${NAME}) = ${JOINED} (?:; )?return )?${IS_FOLDER} \\? \\k<w> \\( (?:\\k<p>|${JOINED_TOO}) \\) : (?:\\[ )?(?:\\k<p>|${JOINED_TOO}) (?:\\] )?(?:; )?(?:\\} )?\\)(?: ;)?$`)
// `function walk (d) { for (const e of fs.readdirSync(d, …)) { const f = path.join(d, e.name); if (e.isDirectory()) walk(f); else if (f.endsWith('.ts')) `, up to what is done to each file.
const IS_FILE = '(?:\\k<e> \\. isFile \\( \\) && )?'
const ENDS = (ending: string): string => `(?:\\k<p>|${ENTRY}) \\. endsWith \\( "(?<${ending}>\\.[\\w.-]+)" \\)`
const ELSE = `(?:\\} )?(?<else>else )(?:if \\( ${IS_FILE}(?:${ENDS('ending')}(?: && ${TEST})*|${TESTS}) \\) )?`
const GOES_ON = `continue (?:; )?\\} (?:if \\( ! ${ENDS('ending2')} \\) continue (?:; )?)?`
/** The beginning of a function that does something to each file below a folder. */
export const VISITS = new RegExp(`^(?:function|const|let) (?<w>${NAME}) (?:= )?(?:\\( )?(?<d>${NAME}) (?:\\) )?(?:=> )?\\{ for \\( (?:const|let) (?<e>${NAME}) of ${LISTS} \\) \\{ ${SKIPS}(?:const|let) (?<p>${NAME}) = ${JOINED} (?:; )?${SKIPS}if \\( ${IS_FOLDER} \\) (?:\\{ )?\\k<w> \\( \\k<p> \\) (?:; )?(?:${ELSE}|${GOES_ON})`)
const MAX_WORDS = 220 // of one such function

/** Takes functions out of a text that list all files below a folder, when each is only ever called with one that is written out. */
export function withoutWalkers (tokens: JavascriptTokens): Walked {
  let rest = tokens
  const walkers = new Map<string, string>()
  const needs = new Set<string>()
  for (let at = 0; at < rest.length; at += 1) {
    const found = walkerAt(rest, at)
    if (found === null || walkers.has(found.name)) continue
    const without = [...rest.slice(0, at), ...rest.slice(found.end)]
    if (!without.every((token, index) => token.kind !== 'name' || token.text !== found.name || isAsked(without, index))) continue
    rest = without
    at -= 1
    walkers.set(found.name, found.ending)
    for (const need of found.needs) needs.add(need)
  }
  return { rest, walkers, needs }
}

// `walk('src')`
function isAsked (tokens: JavascriptTokens, at: number): boolean {
  return !isMember(tokens, at) && isMark(tokens, at + 1, '(') && isPlainText(tokens[at + 2]) && isMark(tokens, at + 3, ')')
}

interface Walker { readonly name: string, readonly end: number, readonly ending: string, readonly needs: readonly string[] }

function walkerAt (tokens: JavascriptTokens, at: number): Walker | null {
  const first = tokens[at]
  if (first?.kind !== 'name' || !/^(?:function|const|let)$/.test(first.text) || isMember(tokens, at)) return null
  const end = endOf(tokens, at)
  if (end - at > MAX_WORDS) return null
  const said = tokens.slice(at, end).map(saidBy).join(' ')
  const groups = (COLLECTS.exec(said) ?? YIELDS.exec(said) ?? MAPS.exec(said))?.groups
  if (groups === undefined) return null
  const { w = '', tests = '', lists = '', joins } = groups
  const [, ending = ''] = /^[\w$]+(?: \. name)? \. endsWith \( "(\.[\w.-]+)" \)$/.exec(tests) ?? []
  return { name: w, end, ending, needs: [lists, ...joins === undefined ? [] : [joins]].map((need) => need.replaceAll(' ', '')) }
}

// A function ends with its braces, a constant at its semicolon or with the brackets of what it calls last.
function endOf (tokens: JavascriptTokens, from: number): number {
  const isFunction = tokens[from]?.text === 'function'
  for (let at = from, depth = 0; at < tokens.length; at += 1) {
    const { kind, text } = tokens[at] ?? { kind: 'mark', text: '' }
    if (kind !== 'mark') continue
    if (/^[([{]$/.test(text)) depth += 1
    else if (/^[)\]}]$/.test(text)) depth -= 1
    if (depth === 0 && isFunction && text === '}') return at + 1
    if (depth === 0 && !isFunction && text === ';') return at + 1
    if (depth === 0 && !isFunction && text === ')' && tokens[at + 1]?.kind === 'name') return at + 1
  }
  return tokens.length
}

/** A word as the patterns of such functions have it. */
export function saidBy ({ kind, text, plain, pieces, inner }: JavascriptToken): string {
  if (kind === 'pattern') return '/pattern/'
  if (kind !== 'string') return text
  if (inner.length > 0) return `\`${pieces.map((piece, index) => `${piece}${inner[index] === undefined ? '' : `\${${inner[index].map(saidBy).join('')}}`}`).join('')}\``
  return plain && !text.includes('"') ? `"${text}"` : '?'
}
