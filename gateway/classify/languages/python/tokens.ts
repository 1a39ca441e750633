import { deepening } from '../brackets.ts'

/** One word of a longer program. `plain` says that a string is exactly its text: nothing is spelled or put into it. */
export interface ScriptToken {
  readonly kind: 'string' | 'number' | 'name' | 'mark' | 'line'
  readonly text: string
  readonly plain: boolean
  /** Of a string: that values are put into it. */
  readonly filled?: boolean
  /** Of the end of a line: how far the next one stands from the margin. */
  readonly indent?: number
}

/** The words of a program, and those of each expression inside its strings. */
export type ScriptTokens = ReadonlyArray<readonly ScriptToken[]>

const MAX_CHARACTERS = 6000 // some 150 lines; longer ones are files
const MAX_NESTING = 4
const TOKEN = /[ \t\r]+|#[^\n]*|(?<line>\n|;)|(?<prefix>[A-Za-z]{0,2})(?:"""(?<longDouble>(?:[^"\\]|\\[^]|"(?!""))*)"""|'''(?<longSingle>(?:[^'\\]|\\[^]|'(?!''))*)'''|"(?<double>(?:[^"\\\n]|\\[^])*)"|'(?<single>(?:[^'\\\n]|\\[^])*)')|(?<number>(?:0[xob][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)(?![\w.]))|(?<name>[A-Za-z_]\w*)|(?<mark>\*\*=?|\/\/=?|[<>=!+*/%&|^-]=|->|:=?|[-+*/%<>=&|^~@,.()[\]{}])/y
const PREFIX = /^(?:|[rbuf]|rb|br|rf|fr)$/i
// PEP 263: with `# coding: utf-7` on its first lines, a comment can hold a line that Python runs.
const OTHER_CODING = /#.*coding[:=][ \t]*(?![ \t]|utf-?8\b)/i
const FORMAT = /^[\w.<>^+,%=#*:/ -]*$/

/** The words of Python text. @returns null for anything that is not surely one of them */
export function readScriptTokens (text: string): ScriptTokens | null {
  if (text.length > MAX_CHARACTERS || OTHER_CODING.test(text)) return null
  const sequences: ScriptToken[][] = []
  return collect(text, sequences, 0) ? sequences : null
}

function collect (text: string, sequences: ScriptToken[][], depth: number): boolean {
  if (depth > MAX_NESTING) return false
  const pattern = new RegExp(TOKEN)
  const tokens: ScriptToken[] = []
  sequences.push(tokens)
  let open = 0
  while (pattern.lastIndex < text.length) {
    const groups = pattern.exec(text)?.groups
    if (groups === undefined) {
      if (pattern.lastIndex === 0) return false
      continue
    }
    const { line, prefix = '', longDouble, longSingle, double, single, number, name, mark } = groups
    const said = longDouble ?? longSingle ?? double ?? single
    // Inside brackets the next line goes on with this one.
    if (line !== undefined) { if (open === 0 || line === ';') tokens.push(line === ';' ? { kind: 'line', text: ';', plain: true } : { kind: 'line', text: ';', plain: true, indent: indentOf(text, pattern.lastIndex) }) } else if (said !== undefined) {
      if (!PREFIX.test(prefix)) return false
      const filled = /f/i.test(prefix)
      tokens.push({ kind: 'string', text: said, plain: !filled && !said.includes('\\'), ...filled ? { filled } : {} })
      if (filled && !collectFilled(said, sequences, depth)) return false
    } else if (number !== undefined) tokens.push({ kind: 'number', text: number, plain: true })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, plain: true })
    else if (mark !== undefined) {
      open += deepening(mark)
      tokens.push({ kind: 'mark', text: mark, plain: true })
    }
  }
  return true
}

function indentOf (text: string, at: number): number {
  let end = at
  while (text[end] === ' ' || text[end] === '\t') end += 1
  return end - at
}

/** `f'{x!r:>10}'` */
function collectFilled (text: string, sequences: ScriptToken[][], depth: number): boolean {
  // A width may be a name: `{x:>{width}}`.
  const pieces = text.replaceAll('{{', '').replaceAll('}}', '').replace(/(\{[^{}]*:[^{}]{0,8})\{(?:[A-Za-z]\w*|\d+)\}/g, '$10')
  for (const [, inner = ''] of pieces.matchAll(/\{([^{}]*)\}/g)) {
    if (inner.includes('\\')) return false
    const [, expression = '', format = ''] = /^((?:[^:[\]()'"]|\[[^[\]]*\]|\((?:[^()]|\([^()]*\))*\)|'[^']*'|"[^"]*")*?)(?:![rsa])?=?(?::(.*))?$/s.exec(inner) ?? []
    if (expression === '' || !FORMAT.test(format) || !collect(expression, sequences, depth + 1)) return false
  }
  return !/[{}]/.test(pieces.replace(/\{[^{}]*\}/g, ''))
}
