import type { Syntax } from './syntax.ts'

const MAX_TEXT = 1_024

// Characters that have no meaning of their own anywhere in a word. No `=`: it may make an assignment of a word.
const WORD = '[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,~-]*'
// In quotes, characters that have no meaning there in any state of the grammar; nothing is empty, and nothing begins or ends with a blank.
const QUOTED = '[A-Za-z0-9_./:@%+,-](?:[A-Za-z0-9_./:@%+,= -]*[A-Za-z0-9_./:@%+,-])?'
const ARGUMENT = `(?:${WORD}|'${QUOTED}'|"${QUOTED}")`
const COMMAND = `${WORD}(?: ${ARGUMENT})*`
const PLAIN = new RegExp(`^${COMMAND}(?: (?:&&|\\|\\||\\|) ${COMMAND})*$`)
const TOKEN = new RegExp(`${ARGUMENT}|&&|\\|\\||\\|`, 'g')

// Words that begin, or may stand in, something else than a command.
const SPECIAL: ReadonlySet<string> = new Set([
  'if', 'then', 'elif', 'else', 'fi', 'for', 'while', 'until', 'select', 'in', 'do', 'done', 'case', 'esac', 'function', 'time', 'coproc',
  'declare', 'typeset', 'export', 'readonly', 'local', 'unset', 'unsetenv',
])
const NAME = /^[A-Za-z./][A-Za-z0-9_./+-]*$/
const NUMBER = /^-?[0-9]+$/
const OTHER_NUMBER = /^-?0x/i
const OPERATORS: ReadonlySet<string> = new Set(['&&', '||', '|'])

interface Token { readonly text: string, readonly start: number, readonly end: number }

/**
 * The tree of a text of nothing but plain words, joined by `&&`, `||` and `|`: the one that the grammar gives, which takes ten times
 * as long. Half of all commands are such. Null for any other text, and where there is doubt.
 */
export function plainSyntax (source: string): Syntax | null {
  if (source.length > MAX_TEXT || !PLAIN.test(source)) return null
  const tokens = tokensOf(source)
  if (tokens.some(({ text }, at) => SPECIAL.has(text) || OTHER_NUMBER.test(text) || (isFirst(tokens, at) && !NAME.test(text)))) return null
  const list = joined(tokens, source)
  return node('program', null, { text: source, start: 0, end: source.length }, [list])
}

function tokensOf (source: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const text of source.match(TOKEN) ?? []) {
    const start = source.indexOf(text, at)
    at = start + text.length
    tokens.push({ text, start, end: at })
  }
  return tokens
}

function isFirst (tokens: readonly Token[], at: number): boolean {
  return at === 0 || OPERATORS.has(tokens[at - 1]?.text ?? '')
}

// `|` binds closer than the other two, which are taken from left to right.
function joined (tokens: readonly Token[], source: string): Syntax {
  let left: Syntax | null = null
  let operator: Token | null = null
  let from = 0
  for (let at = 0; at <= tokens.length; at += 1) {
    const token = tokens[at]
    if (token !== undefined && token.text !== '&&' && token.text !== '||') continue
    const right = pipeline(tokens.slice(from, at), source)
    left = left === null || operator === null ? right : spanning('list', [left, bare(operator), right], source)
    operator = token ?? null
    from = at + 1
  }
  return left ?? spanning('list', [], source)
}

function pipeline (tokens: readonly Token[], source: string): Syntax {
  const children: Syntax[] = []
  let words: Syntax[] = []
  for (const token of tokens) {
    if (token.text === '|') {
      children.push(spanning('command', words, source), bare(token))
      words = []
    } else words.push(words.length === 0 ? node('command_name', 'name', token, [node('word', null, token, [])]) : argument(token))
  }
  const last = spanning('command', words, source)
  return children.length === 0 ? last : spanning('pipeline', [...children, last], source)
}

function argument (token: Token): Syntax {
  const { text, start, end } = token
  if (text.startsWith("'")) return node('raw_string', 'argument', token, [])
  if (!text.startsWith('"')) return node(NUMBER.test(text) ? 'number' : 'word', 'argument', token, [])
  return node('string', 'argument', token, [
    bare({ text: '"', start, end: start + 1 }),
    node('string_content', null, { text: text.slice(1, -1), start: start + 1, end: end - 1 }, []),
    bare({ text: '"', start: end - 1, end }),
  ])
}

function spanning (type: string, children: readonly Syntax[], source: string): Syntax {
  const start = children[0]?.start ?? 0
  const end = children.at(-1)?.end ?? 0
  return node(type, null, { text: source.slice(start, end), start, end }, children)
}

function node (type: string, field: string | null, { text, start, end }: Token, children: readonly Syntax[]): Syntax {
  return { type, named: true, field, start, end, text, children }
}

function bare ({ text, start, end }: Token): Syntax {
  return { type: text, named: false, field: null, start, end, text, children: [] }
}
