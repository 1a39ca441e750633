import { descendants, type Syntax } from './syntax.ts'

/** What `${NAME:-text}` and its like say: the operator, and the text behind it when that is one plain word. */
export interface Fallback { readonly operator: string, readonly text: string | null, readonly quoted: boolean }

const OPERATORS: ReadonlySet<string> = new Set([':-', '-', ':=', '=', ':+', '+', ':?', '?'])
const PLAIN = /^[\w./@%+=,:*?-]*$/
const QUOTED = /^"[\w./@%+=,:*? -]*"$/

const COMMANDS: ReadonlySet<string> = new Set(['command', 'declaration_command'])
const PLAIN_HEAD = /^(?:[\w./+-]+|:|\[)$/
// They set variables whose names stand nowhere, or in words that only the shell puts together.
const SETS_ANYTHING = /^(?:eval|source|\.|builtin|command|trap|enable|alias|coproc|set|shopt)$/
const SETS_NAMED = /^(?:read|mapfile|readarray|getopts|printf|let|unset|wait|export|declare|typeset|local|readonly)$/
const PLAIN_WORD = /^[\w./:@%+,-]*$|^'[^']*'$/

// What a shell or a machine gives all that it starts. Not TMPDIR: a scratch folder is where its default puts it, too.
const GIVEN = new RegExp(`^(?:${[
  '\\d+|[^A-Za-z]|_|HOME|PATH|PWD|OLDPWD|USER(?:NAME)?|LOGNAME|SHELL|SHLVL|TERM\\w*|COLORTERM|LANG(?:UAGE)?|LC_\\w+|TZ|TE?MP|MAIL\\w*|E?UID|PPID|GROUPS|IFS|PS[0-4]|ENV|CDPATH|GLOBIGNORE|FIGNORE',
  'EDITOR|VISUAL|PAGER|MANPAGER|LESS\\w*|BROWSER|DISPLAY|HOST(?:NAME|TYPE)|OSTYPE|MACHTYPE|S?RANDOM|SECONDS|LINENO|COLUMNS|LINES|REPLY|MAPFILE|COPROC|OPT(?:ARG|IND|ERR)|PIPESTATUS|DIRSTACK|FUNC\\w+|PROMPT\\w*|HIST\\w*|INPUTRC',
  '(?:OPENCODE|WEIR|XDG|SSH|GPG|GIT|NODE|npm|NPM|PNPM|YARN|BUN|DENO|NVM|PIP|VIRTUAL|CONDA|PYENV|UV|CARGO|JAVA|GRADLE|MAVEN|GEM|BUNDLE|RBENV|PHP|LD|DYLD|DOCKER|AWS|AZURE|GCP|GOOGLE|GITHUB|GITLAB|DBUS|SUDO|VSCODE|CURSOR|CLAUDE|OPENAI|ANTHROPIC)(?:_\\w+)?',
  '(?:BASH|ZSH|KSH|PYTHON|RUST|RUBY|PERL|KUBE)\\w*|GO[A-Z]{2,}|CI|\\w*_(?:PROXY|proxy|HOME|PATH|URL|URI|HOST)',
].join('|')})$`)

/** Reads an expansion that has something to say should its variable not be set; null for any other. */
export function fallbackOf ({ children, text, start }: Syntax): Fallback | null {
  const [open, name, operator] = children
  if (open?.type !== '${' || name === undefined || operator === undefined || !OPERATORS.has(operator.type)) return null
  const written = text.slice(operator.end - start, -1)
  const quoted = QUOTED.test(written)
  return { operator: operator.type, text: quoted ? written.slice(1, -1) : PLAIN.test(written) ? written : null, quoted }
}

/**
 * Names that surely have no value where nothing in the text gives them one. `outermost` says that the text is the call's own: another
 * one gets variables of whoever starts it.
 */
export function unsetNames (root: Syntax, outermost: boolean): (name: string) => boolean {
  let seen: boolean | null = null // asked of few texts only
  return (name) => {
    seen ??= outermost && !descendants(root, COMMANDS).some(setsUnseen)
    return seen && !GIVEN.test(name) && !isNamedElsewhere(name, root.text)
  }
}

function setsUnseen ({ type, children }: Syntax): boolean {
  const [head, ...words] = children.filter((child) => child.type !== 'variable_assignment' && child.field !== 'redirect')
  if (head === undefined) return false
  if (type === 'command' && (!PLAIN_HEAD.test(head.text) || SETS_ANYTHING.test(head.text))) return true
  return SETS_NAMED.test(head.text) && (head.text !== 'printf' || words[0]?.text.includes('v') === true) && words.some(({ text }) => !PLAIN_WORD.test(text))
}

// Arithmetic, a `read` or a loop gives a variable its value by its bare name. What plain assignments do is known.
function isNamedElsewhere (name: string, text: string): boolean {
  return new RegExp(`(?<![\\w$])${name}(?![\\w=])`).test(text.replaceAll('${', '$'))
}
