/** One word of a small program. A string holds its value; it has no escapes and nothing is put into it. */
export interface Token {
  readonly kind: 'string' | 'number' | 'name' | 'mark'
  readonly text: string
}

const MAX_CHARACTERS = 600 // more than anybody writes behind `-c` to look at a value
const TOKEN = /[ \t]+|(?<line>\r?\n|;)|"(?<double>[^"\\\n]*)"|'(?<single>[^'\\\n]*)'|(?<number>\d+)|(?<name>[A-Za-z_]\w*)|(?<mark>[.()[\],=+])/y

/** The words of Python or JavaScript that need no more than these. @returns null when there is anything else */
export function readSmallTokens (text: string): readonly Token[] | null {
  if (text.length > MAX_CHARACTERS) return null
  const pattern = new RegExp(TOKEN)
  const tokens: Token[] = []
  while (pattern.lastIndex < text.length) {
    const groups = pattern.exec(text)
    if (groups === null) return null
    const { line, double, single, number, name, mark } = groups.groups ?? {}
    const said = double ?? single
    if (line !== undefined) tokens.push({ kind: 'mark', text: ';' })
    else if (said !== undefined) tokens.push({ kind: 'string', text: said })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
  }
  return tokens
}
