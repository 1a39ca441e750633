import { descendants, type Syntax } from './syntax.ts'

const EVALUATING: ReadonlySet<string> = new Set(['arithmetic_expansion', 'subscript', 'c_style_for_statement', 'test_operator', '((', 'expansion', 'array', 'command', 'variable_assignment', 'declaration_command', 'unset_command'])
const QUOTED: ReadonlySet<string> = new Set(['raw_string', 'ansi_c_string', 'string_content', 'word'])
const SETTING: ReadonlySet<string> = new Set(['variable_assignment', 'for_statement', 'array', 'herestring_redirect'])
const VALUE = /^(?:raw_string|ansi_c_string|string|concatenation|word)$/

// `a[$(x)]`, in quotes: a text that is no more than that until something takes it for a name or a number.
function hidesSubstitution (text: string): boolean {
  const at = text.indexOf('[')
  return at >= 0 && /\$\(|`/.test(text.slice(at))
}
// The same put together of pieces, or begun: `a[$`, `a[@(x)]`, `$(x)` for the subscript itself.
const PIECE = /(?<=\w)\[(?!\^)[^\]]{0,200}(?:$|(?<!\$)\(|`|\\\$)|^['"]?\\?\$\(/
// They take words for names of variables, or for numbers.
const BUILTINS = /^(?:let|read|unset|printf|mapfile|readarray|getopts|wait|test|\[)$/
const NUMBERS = /^(?:RANDOM|SECONDS|HISTCMD|LINENO|OPTIND|BASH_ARGV0|EPOCHSECONDS|SRANDOM)\+?=/

/** Whether the shell evaluates text that its variables hold, as arithmetic or as a name, and a substitution hidden in quotes runs there. */
export function evaluatesHiddenText (root: Syntax, given: readonly string[] = []): boolean {
  if (!root.text.includes('[') && !given.some((word) => word.includes('['))) return false
  const hidden = given.some((word) => hidesSubstitution(word)) || descendants(root, QUOTED).some(({ text }) => hidesSubstitution(text)) ||
    descendants(root, SETTING).some((setting) => valuesOf(setting).some((value) => PIECE.test(value)))
  return hidden && descendants(root, EVALUATING).some(evaluates)
}

function valuesOf (setting: Syntax): readonly string[] {
  return setting.children.filter(({ type, field }) => VALUE.test(type) && (setting.type !== 'for_statement' || field === 'value')).map(({ type, text }) => type === 'raw_string' || type === 'string' ? text.slice(1, -1) : text)
}

function evaluates ({ type, text, children }: Syntax): boolean {
  switch (type) {
    case 'test_operator': return /^-(?:eq|ne|lt|le|gt|ge|v|R)$/.test(text)
    // `${!name}`, but not `${!names[@]}` and `${!prefix*}`; `${text:from:length}`.
    case 'expansion': return /^\$\{!\w+[^\w*@[]/.test(text) || /^\$\{[^:}]{1,80}:(?![-=+?])/.test(text)
    case 'array': return children.some((child) => child.text.startsWith('['))
    case 'command': return BUILTINS.test(children[0]?.text ?? '')
    case 'variable_assignment': return NUMBERS.test(text)
    case 'declaration_command': return children.some((child) => /^-\w*[in]|\[/.test(child.text))
    default: return true
  }
}
