import { descendants, type Syntax } from './syntax.ts'

const HEADS: ReadonlySet<string> = new Set(['command_name'])
const EXIT = /^exit(?: \d{1,3})?$/
// None of them leaves a loop or a function, and the shell goes on behind each.
const SAYS = /^(?:echo|printf|cat|tail|head|ls|kill|rm|grep|sed|git|true|:|exit)$/

/** Whether the shell ends with this statement, as `exit 1` and `{ echo failed; exit 1; }` do. */
export function leaves (node: Syntax, redefined: ReadonlySet<string>): boolean {
  if (node.type === 'command') return EXIT.test(node.text) && !redefined.has('exit')
  const last = node.children.filter(({ named }) => named).at(-1)
  if (node.type !== 'compound_statement' || node.children[0]?.type !== '{' || last === undefined || node.children.some(({ type }) => type === '&')) return false
  return leaves(last, redefined) && descendants(node, HEADS).every(({ text }) => SAYS.test(text) && !redefined.has(text))
}

const STRICT = /^set (?:-[uxv]{0,3}e[uxv]{0,3}(?: pipefail)?|-[eux]{0,3}o errexit|-[ux]{0,2}e[ux]{0,2}o pipefail)$/
const LAX = /\bset["']?\s+(?!-)|[\s"'\\=]\+["'\\]*[a-z]{0,8}[eo]|\btrap\b.{0,200}\bERR\b/

/** Whether a text, from its first statement on, ends with any plain command that fails. */
export function isStrict (root: Syntax, redefined: ReadonlySet<string>): boolean {
  const first = root.children.find(({ named }) => named)
  return first?.type === 'command' && STRICT.test(first.text) && !LAX.test(root.text) && !redefined.has('set')
}

/** Whether a statement is a plain command, the failure of which a strict shell does not survive. */
export function isPlainCommand (node: Syntax): boolean {
  return node.type === 'command' || (node.type === 'redirected_statement' && node.children.some(({ type, field }) => field === 'body' && type === 'command'))
}
