import type { JavascriptToken, JavascriptTokens } from './tokens.ts'

const OPENERS: ReadonlySet<string> = new Set(['(', '[', '{'])
const DECLARES = /^(?:const|let|var)$/
const CLOSERS: ReadonlySet<string> = new Set([')', ']', '}'])

/** Whether this mark stands there. */
export function isMark (tokens: JavascriptTokens, at: number, mark: string): boolean {
  const token = tokens[at]
  return token?.kind === 'mark' && token.text === mark
}

/** Whether this name or keyword stands there, and is no member's. */
export function isWord (tokens: JavascriptTokens, at: number, text: string): boolean {
  const token = tokens[at]
  return token?.kind === 'name' && token.text === text && !isMember(tokens, at)
}

/** Whether what stands there is the name of a member: `.x`. */
export function isMember (tokens: JavascriptTokens, at: number): boolean {
  return isMark(tokens, at - 1, '.') || isMark(tokens, at - 1, '?.')
}

/** Whether a string is exactly its text. */
export function isPlainText (token: JavascriptToken | undefined): token is JavascriptToken & { readonly kind: 'string' } {
  return token?.kind === 'string' && token.plain && token.text !== ''
}

/** Where the bracket closes that opens there; beyond the end when it does not. */
export function closingOf (tokens: JavascriptTokens, open: number): number {
  for (let at = open, depth = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token?.kind !== 'mark') continue
    if (OPENERS.has(token.text)) depth += 1
    else if (CLOSERS.has(token.text)) depth -= 1
    if (depth === 0) return at
  }
  return tokens.length
}

/** Where the bracket opens that closes there; -1 when it does not. */
export function openingOf (tokens: JavascriptTokens, close: number): number {
  for (let at = close, depth = 0; at >= 0; at -= 1) {
    const token = tokens[at]
    if (token?.kind !== 'mark') continue
    if (CLOSERS.has(token.text)) depth += 1
    else if (OPENERS.has(token.text)) depth -= 1
    if (depth === 0) return at
  }
  return -1
}

/** The bracket around what stands there; -1 outside of any. */
export function bracketAround (tokens: JavascriptTokens, from: number): number {
  for (let at = from - 1; at >= 0; at -= 1) {
    const token = tokens[at]
    if (token?.kind !== 'mark') continue
    if (CLOSERS.has(token.text)) at = openingOf(tokens, at)
    else if (OPENERS.has(token.text)) return at
  }
  return -1
}

/** Every name that the text gives a value, as often as it does so, and rather too often. */
export function boundNamesOf (sequences: readonly JavascriptTokens[]): readonly string[] {
  return sequences.flatMap((tokens) => tokens.flatMap((token, at) => boundAt(tokens, token, at)))
}

function boundAt (tokens: JavascriptTokens, { kind, text }: JavascriptToken, at: number): readonly string[] {
  if (kind === 'mark') {
    if (text === '=>') return isMark(tokens, at - 1, ')') ? namesIn(tokens, openingOf(tokens, at - 1), at - 1) : namesIn(tokens, at - 2, at)
    if (/^(?:\+\+|--)$/.test(text)) return [...namesIn(tokens, at - 2, at), ...namesIn(tokens, at, at + 2)]
    return /^(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=$/.test(text) ? assigned(tokens, at - 1) : []
  }
  if (kind !== 'name' || isMember(tokens, at)) return []
  // `for (x of …)`, which declares nothing.
  if (/^(?:of|in)$/.test(text)) return isMark(tokens, at - 2, '(') ? namesIn(tokens, at - 2, at) : assigned(tokens, at - 1)
  if (DECLARES.test(text)) return declared(tokens, at + 1)
  if (text !== 'function' && text !== 'catch') return []
  const open = [at + 1, at + 2, at + 3].find((index) => isMark(tokens, index, '('))
  return open === undefined ? [] : namesIn(tokens, at, closingOf(tokens, open))
}

// `a`, `{ a, b: c }`, `[a, b]`, also several with values, as far as `of`, `in` or the end of the statement.
function declared (tokens: JavascriptTokens, from: number): readonly string[] {
  const names: string[] = []
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token?.kind === 'mark' && (token.text === '[' || token.text === '{')) {
      const end = closingOf(tokens, at)
      names.push(...namesIn(tokens, at, end))
      at = end
    } else if (token?.kind === 'name') names.push(token.text)
    // The values of a declaration bind by themselves, whatever is bound there.
    if (!isMark(tokens, at + 1, ',')) break
    at += 1
  }
  return names
}

// What stands before the sign: one name, or a pattern of several that is taken apart.
function assigned (tokens: JavascriptTokens, end: number): readonly string[] {
  if (isMark(tokens, end, ']') || isMark(tokens, end, '}')) {
    const open = openingOf(tokens, end)
    return DECLARES.test(tokens[open - 1]?.text ?? '') ? [] : namesIn(tokens, open, end)
  }
  return DECLARES.test(tokens[end - 1]?.text ?? '') || isMember(tokens, end) ? [] : namesIn(tokens, end - 1, end + 1)
}

function namesIn (tokens: JavascriptTokens, after: number, before: number): readonly string[] {
  return tokens.slice(Math.max(after + 1, 0), Math.max(before, 0)).filter(({ kind }, index) => kind === 'name' && !isMember(tokens, after + 1 + index)).map(({ text }) => text)
}
