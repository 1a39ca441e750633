import { markAt } from './places.ts'
import type { ScriptToken, ScriptTokens } from './tokens.ts'
import { TooMuch } from '../too-much.ts'

// Packages that read some texts they are given as Python, or as a language that reaches files.
const READS_TEXTS = /^(?:pydantic|sympy|statsmodels|attr|attrs|lxml|seaborn|networkx|polars|keras|tensorflow)$/
const CODE = /\w\s*\((?!\w+\))|__|<!|\bSYSTEM\b/

// Settings by which a plot is drawn by other programs, or by modules that are loaded for it.
const DRAWS = /usetex|preamble|^(?:animation|pgf)\.|^datapath|^module:/

// Folders that an application hands out files of, or makes pages of.
const SERVED = /^(?:static_folder|template_folder|root_path|instance_path|instance_relative_config|static_host|_static_folder|import_name|jinja_\w+|render_template\w*)$/

/** Texts that packages would run: an annotation, an expression, a document that names others. Throws TooMuch for any. */
export function checkStrings (sequences: ScriptTokens, pure: ReadonlySet<string>): void {
  const reads = [...pure].some((name) => READS_TEXTS.test(name))
  for (const tokens of sequences) {
    for (const [at, { kind, text }] of tokens.entries()) {
      // By its name, a list of modules that the runner of tests loads.
      if (kind === 'name' && text === 'pytest_plugins') throw new TooMuch()
      if (pure.has('flask') && SERVED.test(text)) throw new TooMuch()
      if (pure.has('matplotlib') && DRAWS.test(text)) throw new TooMuch()
      if (kind !== 'string' || !CODE.test(text)) continue
      if (pure.size > 0 && isAnnotation(tokens, at)) throw new TooMuch()
      if (reads && !/^print$/.test(tokens[at - 2]?.text ?? '')) throw new TooMuch()
    }
  }
}

function isAnnotation (tokens: readonly ScriptToken[], at: number): boolean {
  let back = at - 1
  while (back >= 0 && (markAt(tokens, back, '[') || markAt(tokens, back, '|') || markAt(tokens, back, ',') || tokens[back]?.kind === 'name')) back -= 1
  return markAt(tokens, back, ':') || markAt(tokens, back, '->')
}
