import { bracketAround, closingOf, isMark, isMember, isPlainText, openingOf } from './names.ts'
import type { JavascriptToken, JavascriptTokens } from './tokens.ts'
import { JAVASCRIPT_KEYWORDS, JAVASCRIPT_POWER } from './vocabulary.ts'

// What comes out is a number, a text or a truth, whatever went in.
const FLATTENS = /^(?:[-+*/%<>]|\*\*|[<>=!]=|[=!]==|in|instanceof|[-+*/%]=)$/ // `++` may belong to the next line
const FLATTENS_RIGHT = /^(?:[-+*/%<>!~]|\*\*|[<>=!]=|[=!]==|typeof|[-+*/%]=)$/
const SHOWS = /^(?:(?:console\.(?:log|error|table|warn|info|dir))|String|Number|Boolean|JSON\.stringify|parseInt|parseFloat|if|while)$/

/**
 * Whether `x[…]`, whose bracket opens there, is a harmless look: by a number, by a plain name, or by anything while what is
 * found there is only shown, compared or counted with. A text spelled at run time could be `constructor`, by which any
 * function leads to one that runs texts; so what is found under such a text may go nowhere else.
 */
export function isHarmlessLook (tokens: JavascriptTokens, open: number, isTemplate: boolean, isNumber: (name: string) => boolean): boolean {
  const close = closingOf(tokens, open)
  const key = tokens.slice(open + 1, close)
  if (key.length === 0 || key.some(({ kind, text }) => kind === 'string' && JAVASCRIPT_POWER.test(text))) return false
  return isPlainKey(key) || isNumeric(key, isNumber) || isAssigned(tokens, close) || isOnlyShown(tokens, open, close, isTemplate)
}

function isPlainKey (key: JavascriptTokens): boolean {
  const [only] = key
  return key.length === 1 && isPlainText(only)
}

// `i`, `i + 1`, `rows.length - 1`: a difference is always a number.
function isNumeric (key: JavascriptTokens, isNumber: (name: string) => boolean): boolean {
  const counts = ({ kind, text }: JavascriptToken): boolean => kind === 'number' || (kind === 'name' && isNumber(text))
  if (key.every((token) => counts(token) || (token.kind === 'mark' && /^[-+*%]$/.test(token.text)))) return true
  return key.some(({ kind, text }) => kind === 'mark' && /^[-*%]$/.test(text)) && key.every(({ kind, text }) => (kind === 'name' && !JAVASCRIPT_KEYWORDS.has(text)) || kind === 'number' || (kind === 'mark' && /^[-*%.]$/.test(text)))
}

function isAssigned (tokens: JavascriptTokens, close: number): boolean {
  return isMark(tokens, close + 1, '=')
}

function isOnlyShown (tokens: JavascriptTokens, open: number, close: number, isTemplate: boolean): boolean {
  let from = startOf(tokens, open)
  let end = close
  for (;;) {
    const chain = endOfChain(tokens, end)
    if (chain === null || chain === 'method') return chain === 'method'
    end = chain
    const before = markOrWord(tokens[from - 1])
    if (FLATTENS_RIGHT.test(before) && markOrWord(tokens[from - 2]) !== 'yield') return true
    const text = markOrWord(tokens[end + 1])
    if (FLATTENS.test(text)) return true
    if (/^(?:(?:\|\||&&|\?\?)=?|\?)$/.test(text)) end = endOfValue(tokens, end + 1) - 1
    const around = bracketAround(tokens, from)
    // An expression of a template becomes text.
    if (around < 0) return from === 0 && end === tokens.length - 1 && isTemplate
    if (!isMark(tokens, around, '(') || !/^[(,]$/.test(before)) return false
    const called = calledAt(tokens, around)
    if (SHOWS.test(called) && (called.startsWith('console.') || before === '(')) return /^[),]$/.test(markOrWord(tokens[end + 1]))
    // Brackets around one value change nothing.
    if (from !== around + 1 || end + 1 !== closingOf(tokens, around) || !isGrouping(tokens, around)) return false
    from = around
    end += 1
  }
}

/** Where the members end that are asked of a value; `method` when one of them is called by its name, null when the value itself is. */
function endOfChain (tokens: JavascriptTokens, from: number): number | 'method' | null {
  for (let end = from; ;) {
    const dotted = isMark(tokens, end + 1, '.') || isMark(tokens, end + 1, '?.')
    if (isMark(tokens, end + 1, '[')) end = closingOf(tokens, end + 1)
    else if (dotted && isMark(tokens, end + 2, '[')) end = closingOf(tokens, end + 2)
    else if (isMark(tokens, end + 1, '(') || (dotted && tokens[end + 2]?.kind !== 'name')) return null
    else if (!dotted) return end
    else if (isMark(tokens, end + 3, '(')) return 'method'
    else end += 2
  }
}

/** Where the value begins whose part is looked up at this bracket. */
function startOf (tokens: JavascriptTokens, open: number): number {
  let at = open - 1
  if (isMark(tokens, at, '?.')) at -= 1
  for (;;) {
    if (isMark(tokens, at, ')') || isMark(tokens, at, ']')) {
      at = openingOf(tokens, at)
      const before = tokens[at - 1]
      if (before?.kind !== 'name' && !isMark(tokens, at - 1, ')') && !isMark(tokens, at - 1, ']')) return at
      at -= 1
    } else if (isMember(tokens, at)) at -= 2
    else return at
  }
}

/** The name of what is called with this bracket, as far as it is written out: `console.log`. */
function calledAt (tokens: JavascriptTokens, open: number): string {
  const [object, , name] = [tokens[open - 3], tokens[open - 2], tokens[open - 1]]
  if (name?.kind !== 'name') return ''
  if (!isMember(tokens, open - 1)) return name.text
  return object?.kind === 'name' && !isMember(tokens, open - 3) ? `${object.text}.${name.text}` : ''
}

function isGrouping (tokens: JavascriptTokens, open: number): boolean {
  const before = tokens[open - 1]
  if (isMark(tokens, closingOf(tokens, open) + 1, '=>')) return false
  return before === undefined || (before.kind === 'mark' && !/^(?:[)\]}]|\?\.)$/.test(before.text))
}

/** Where the value ends that goes on here: at what separates it from the next, or closes around it. */
function endOfValue (tokens: JavascriptTokens, from: number): number {
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token?.kind !== 'mark') continue
    if (/^[([{]$/.test(token.text)) at = closingOf(tokens, at)
    else if (/^[)\]},;]$/.test(token.text)) return at
  }
  return tokens.length
}

function markOrWord (token: JavascriptToken | undefined): string {
  return token?.kind === 'mark' || token?.kind === 'name' ? token.text : ''
}

/** Whether what stands here, a name with one part, is all that goes through a list is handed: `lines.map(JSON.parse)`. */
export function isHanded (tokens: JavascriptTokens, from: number): boolean {
  return isMark(tokens, from - 1, '(') && /^(?:map|filter|flatMap|every|some|forEach|find)$/.test(tokens[from - 2]?.text ?? '') && isMember(tokens, from - 2) && isMark(tokens, from + 3, ')')
}
