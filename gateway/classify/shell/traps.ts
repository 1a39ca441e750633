import { descendants, type Syntax } from './syntax.ts'

const VARIABLE = /\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g
const PLAIN = /^[\w./-]+$/

/**
 * The words of a `trap` whose text runs when the shell ends, with the variables of that shell put in: `trap 'rm -rf "$T"' EXIT`.
 * The name of a function of the same text becomes a word that does nothing, as its body is walked where it is defined.
 */
export function trappedWords (words: readonly Syntax[], root: Syntax, only: (node: Syntax) => string | null): readonly Syntax[] {
  const [head, action, ...rest] = words
  if (head?.text !== 'trap' || action === undefined) return words
  const defined = root.children.some(({ type, children }) => type === 'function_definition' && children.some(({ field, text }) => field === 'name' && text === action.text))
  if (defined) return [head, { ...action, text: ':' }, ...rest]
  if (action.type !== 'raw_string') return words
  const text = action.text.replace(VARIABLE, (written: string, braced: string | undefined, bare: string | undefined) => {
    const value = only(variable(braced ?? bare ?? '', action))
    return value !== null && PLAIN.test(value) ? value : written
  })
  return [head, { ...action, text }, ...rest]
}

const COMMANDS: ReadonlySet<string> = new Set(['command'])

/** Whether a function is what some `trap` does when the shell ends, and no command of the text. */
export function isTrapped (name: string, root: Syntax): boolean {
  const commands = descendants(root, COMMANDS).map(({ children }) => children)
  return commands.some(([head, action, ...signals]) => head?.text === 'trap' && action?.text === name && signals.length > 0) && !commands.some(([head]) => head?.text === name)
}

const MOVES = /\b(?:cd|pushd|popd|chdir)\b/

// Written wherever the shell then is.
const RELATIVE = />[ \t]{0,8}["']?[\w.]/

// They say something and touch no file.
const HARMLESS = /^-$|^["'](?:(?:echo|printf|exit|true|:)\b[^<>|&;`]*;? ?)*["']$/

/** Whether a `trap` may move the shell to another folder while it still has something to do, at a time that nobody can tell. */
export function movesAtAnyTime (words: readonly Syntax[], root: Syntax): boolean {
  const [head, action, ...signals] = words
  if (head?.text !== 'trap' || action === undefined || (signals.every(({ text }) => /^(?:EXIT|0)$/.test(text)) && !RELATIVE.test(action.text))) return false
  const body = root.children.find(({ type, children }) => type === 'function_definition' && children.some(({ field, text }) => field === 'name' && text === action.text))
  // Or it is moved where it then does something.
  const isOften = body === undefined && action.text.length > 2 && !HARMLESS.test(action.text) && signals.some(({ text }) => /^(?:SIG)?(?:DEBUG|ERR|RETURN)$/i.test(text))
  return MOVES.test(body?.text ?? action.text) || ((isOften || RELATIVE.test(action.text)) && body === undefined && MOVES.test(root.text))
}

// As if it were written there.
function variable (name: string, { start, end }: Syntax): Syntax {
  const node = { named: true, field: null, start, end }
  return { ...node, type: 'simple_expansion', text: `$${name}`, children: [{ ...node, type: 'variable_name', text: name, children: [] }] }
}
