import type { Tree, TreeCursor } from 'web-tree-sitter'
import { lastPiped } from './regrouping.ts'

const MAX_NODES = 20_000 // a 32 KiB script of ordinary density has about 12,000
const MAX_DEPTH = 200 // deeper nesting is no hand-written command, and recursion below must stay bounded

/** One node of a parsed command, copied out of the parser's memory so that nothing holds on to it. */
export interface Syntax {
  readonly type: string
  readonly named: boolean
  readonly field: string | null
  readonly start: number
  readonly end: number
  readonly text: string
  readonly children: readonly Syntax[]
}

/** The copied tree, or why it cannot be trusted. */
export type SyntaxResult =
  | { readonly ok: true, readonly root: Syntax }
  | { readonly ok: false, readonly problem: 'syntax-error' | 'unknown-syntax' | 'too-large' }

// Every named node type of the grammar that the walker gives a meaning to. A grammar update that adds one makes such
// commands opaque until someone has thought about it: agents have shipped holes where a construct had no command node.
const KNOWN_TYPES: ReadonlySet<string> = new Set([
  'program', 'list', 'pipeline', 'subshell', 'compound_statement', 'redirected_statement', 'negated_command', 'command',
  'command_name', 'declaration_command', 'unset_command', 'test_command', 'variable_assignment', 'variable_assignments',
  'if_statement', 'elif_clause', 'else_clause', 'while_statement', 'for_statement', 'c_style_for_statement', 'do_group',
  'case_statement', 'case_item', 'function_definition', 'comment', 'file_redirect', 'heredoc_redirect', 'heredoc_body',
  'heredoc_content', 'heredoc_start', 'heredoc_end', 'herestring_redirect', 'file_descriptor', 'word', 'number', 'string',
  'string_content', 'raw_string', 'ansi_c_string', 'translated_string', 'concatenation', 'simple_expansion', 'expansion',
  'command_substitution', 'process_substitution', 'arithmetic_expansion', 'brace_expression', 'extglob_pattern', 'regex',
  'array', 'subscript', 'variable_name', 'special_variable_name', 'test_operator', 'binary_expression', 'unary_expression',
  'postfix_expression', 'ternary_expression', 'parenthesized_expression',
])

const OF_ONE_LINE: ReadonlySet<string> = new Set(['command', 'redirected_statement', 'declaration_command', 'unset_command'])
const REDIRECTS: ReadonlySet<string> = new Set(['file_redirect', 'herestring_redirect'])

// Nodes whose text the shell still expands. The grammar leaves some substitutions in them unparsed, as in `${x:=`id`}`.
const PLAIN_TYPES: ReadonlySet<string> = new Set(['word', 'string_content', 'regex', 'extglob_pattern', 'variable_name', 'special_variable_name', 'test_operator'])

/** Copies a parse tree. Never throws; refuses errors, missing tokens, unknown node types and trees beyond the limits. */
export function copySyntax (tree: Tree, source: string): SyntaxResult {
  if (tree.rootNode.hasError) return { ok: false, problem: 'syntax-error' }
  const cursor = tree.walk()
  try {
    const budget = { nodes: MAX_NODES, unknown: false }
    const root = copyNode(cursor, source, 0, budget)
    if (root === null) return { ok: false, problem: 'too-large' }
    return budget.unknown ? { ok: false, problem: 'unknown-syntax' } : { ok: true, root }
  } finally {
    cursor.delete()
  }
}

function copyNode (cursor: TreeCursor, source: string, depth: number, budget: { nodes: number, unknown: boolean }): Syntax | null {
  budget.nodes -= 1
  if (budget.nodes < 0 || depth > MAX_DEPTH) return null
  const type = cursor.nodeType
  const named = cursor.nodeIsNamed
  const field = cursor.currentFieldName
  const start = cursor.startIndex
  const end = cursor.endIndex
  if (named && !KNOWN_TYPES.has(type)) budget.unknown = true
  if (PLAIN_TYPES.has(type) && hidesExpansion(source.slice(start, end))) budget.unknown = true
  const children: Syntax[] = []
  if (cursor.gotoFirstChild()) {
    do {
      const child = copyNode(cursor, source, depth + 1, budget)
      if (child === null) return null
      if (type === 'redirected_statement' && !restoreDash(children, child, source)) budget.unknown = true
      if (child.type !== 'comment') children.push(child)
    } while (cursor.gotoNextSibling())
    cursor.gotoParent()
  }
  const node: Syntax = { type, named, field, start, end, text: source.slice(start, end), children }
  // The same line, where more stands behind the name of the document; a new one is swallowed where it begins with a backslash.
  if (OF_ONE_LINE.has(type) && children.some((child) => [child, ...REDIRECTS.has(child.type) ? child.children : []].some(({ text }) => text.startsWith('\n')))) budget.unknown = true
  if (type === 'pipeline') return lastPiped(node)
  if (type !== 'heredoc_redirect') return node
  const whole = withFirstLine(node, source)
  if (whole === null) budget.unknown = true
  return whole ?? node
}

// The grammar takes the first line of a here-document for further words when it begins with a backslash: `bash <<'E'\n\rm x`.
function withFirstLine (node: Syntax, source: string): Syntax | null {
  const mark = node.children.find(({ type }) => type === 'heredoc_start')
  const body = node.children.find(({ type }) => type === 'heredoc_body')
  const close = node.children.find(({ type }) => type === 'heredoc_end')
  if (mark === undefined || close === undefined) return node
  const from = source.indexOf('\n', mark.end)
  // A redirection before it takes them as well.
  const children = node.children.map((child) => child.type === 'file_redirect' && child.start < from ? upTo(from, child, source) : child)
  const swallowed = children.filter((child) => child !== body && child !== close && child.end > from && child.start < close.start)
  if (swallowed.length === 0 && node.children.every((child, at) => child === children[at])) return node
  const text = source.slice(from + 1, body?.end ?? close.start)
  // What the shell expands there was not looked for.
  if (swallowed.some(({ start }) => start < from) || source[from - 1] === '\\' || (!/['"\\]/.test(mark.text) && /[$`]/.test(text))) return null
  const restored: Syntax = { type: 'heredoc_body', named: true, field: null, start: from + 1, end: from + 1 + text.length, text, children: [] }
  return { ...node, children: [...children.filter((child) => child.end <= from), restored, ...children.filter((child) => child.start >= close.start)] }
}

function upTo (from: number, node: Syntax, source: string): Syntax {
  const children = node.children.filter(({ start }) => start < from)
  const end = children.at(-1)?.end ?? node.end
  return children.length === node.children.length ? node : { ...node, end, text: source.slice(node.start, end), children }
}

// The grammar loses a lone `-` right before a here-document: `make -f - <<EOF`. Anything else lost there is not understood.
function restoreDash (children: Syntax[], next: Syntax, source: string): boolean {
  const before = children.at(-1)
  const lost = before === undefined ? '' : source.slice(before.end, next.start)
  if (before === undefined || /^(?:\s|\\\n)*$/.test(lost)) return true
  const restored = lost.trim() === '-' ? withDash(before, before.end + lost.indexOf('-')) : null
  if (restored !== null) children[children.length - 1] = restored
  return restored !== null
}

function withDash (node: Syntax, at: number): Syntax | null {
  const last = node.children.at(-1)
  const end = at + 1
  const text = `${node.text}${' '.repeat(at - node.end)}-`
  if (node.type === 'command') return { ...node, end, text, children: [...node.children, { type: 'word', named: true, field: 'argument', start: at, end, text: '-', children: [] }] }
  const inner = last !== undefined && /^(?:list|pipeline|negated_command)$/.test(node.type) ? withDash(last, at) : null
  return inner === null ? null : { ...node, end, text, children: [...node.children.slice(0, -1), inner] }
}

function hidesExpansion (text: string): boolean {
  return /`|\$[({[]/.test(text.replace(/\\[^]/g, ''))
}

/** Every descendant of these types, outermost first, without looking inside what was found. */
export function outermost (node: Syntax, types: ReadonlySet<string>): Syntax[] {
  return node.children.flatMap((child) => types.has(child.type) ? [child] : outermost(child, types))
}

/** Every descendant of these types, at any depth. */
export function descendants (node: Syntax, types: ReadonlySet<string>): Syntax[] {
  return node.children.flatMap((child) => [...(types.has(child.type) ? [child] : []), ...descendants(child, types)])
}
