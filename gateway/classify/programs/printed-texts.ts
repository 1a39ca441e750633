import { textOn, type Stdin } from './invocation.ts'
import type { Field } from '../shell/facts.ts'
import { bareName } from './program-path.ts'

const PRINTS = /^(?:echo|printf)$/
// What starts another program with no more than a change of its surroundings, and the words that may stand between.
const STARTS = /^(?:command|builtin|exec|env|nice|ionice|chrt|taskset|time|timeout|nohup|stdbuf|setsid|xargs|poetry|uv|pdm|hatch|pipenv|bundle|pnpm|npx|cross-env|run)$/
const BETWEEN = /^(?:-.*|\d+(?:\.\d+)?[smhd]?|\w+=.*|run|exec|cross-env)$/s

/** The words from the program on that prints, whatever starts it. */
function printing (words: readonly Field[]): readonly Field[] {
  const [first, ...rest] = words
  if (first === undefined || !first.known) return words
  const name = bareName(first.text)
  if (!STARTS.test(name)) return [{ ...first, text: name }, ...rest]
  // A word behind an option may be its value.
  const at = rest.findIndex(({ text }, place) => STARTS.test(bareName(text)) || PRINTS.test(bareName(text)) || (!BETWEEN.test(text) && !/^-./.test(rest[place - 1]?.text ?? '')))
  return at < 0 ? words : printing(rest.slice(at))
}

/**
 * All that a command prints, when it writes that out itself: `echo 'print(1)'`, `cat <<'EOF'`. Null for anything that a
 * shell could print otherwise.
 */
export function printedText (commands: ReadonlyArray<readonly Field[]>, stdin: Stdin): string | null {
  const [words = [], ...others] = commands
  const [head, ...args] = printing(words)
  if (others.length > 0 || head === undefined) return null
  if (head.text === 'cat') return args.length === 0 ? textOn(stdin) : null
  if (!PRINTS.test(head.text) || args.some(({ known, glob }) => !known || glob !== null)) return null
  const said = args.map(({ text }) => text)
  if (head.text === 'printf' && said[0] === '--') said.shift()
  else if (head.text === 'printf' && said[0]?.startsWith('-') === true) return null
  // Some shells read a backslash as `echo -e` does.
  if (head.text === 'echo') return said.some((text) => text.includes('\\')) || said[0]?.startsWith('-') === true ? null : `${said.join(' ')}\n`
  const [format = '', ...values] = said
  return formatted(format, values)
}

// Alone, what goes back to the beginning of a line ends a line to some languages and none to others.
const DIRECTIVE = /%[%s]|\\[nt"\\]|\\r(?=\\n)/g
const WRITTEN: Readonly<Record<string, string>> = { '%%': '%', '\\n': '\n', '\\r': '\r', '\\t': '\t', '\\"': '"', '\\\\': '\\' }

// Values fill the format as often as it takes to use them up; those that it has no place for may mean something else.
function formatted (format: string, values: readonly string[]): string | null {
  if (/[%\\]/.test(format.replace(DIRECTIVE, ''))) return null
  const places = format.match(/%[%s]/g)?.filter((mark) => mark === '%s').length ?? 0
  if (places === 0) return values.length > 0 ? null : filled(format, [])
  const lines: string[] = []
  for (let at = 0; at === 0 || at < values.length; at += places) lines.push(filled(format, values.slice(at, at + places)))
  return lines.join('')
}

function filled (format: string, values: readonly string[]): string {
  const rest = [...values]
  return format.replace(DIRECTIVE, (mark) => WRITTEN[mark] ?? rest.shift() ?? '')
}

/** Whether what comes out is words of the command itself, whatever was done to them on the way. */
export function isSaid (commands: ReadonlyArray<readonly Field[]>, stdin: Stdin): boolean {
  return commands.some((words) => PRINTS.test(printing(words)[0]?.text ?? '')) || stdin.kind === 'text' || (stdin.kind === 'piped' && stdin.text !== undefined)
}
