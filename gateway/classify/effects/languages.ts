import { touchIncluded } from './build.ts'
import { describeTool } from '../programs/developer-tool.ts'
import { policies } from './tools.ts'
import { unpacked } from './archives.ts'
import { dropOptions } from './wrappers.ts'
import { effectTable, type Effect, type Invocation } from '../programs/invocation.ts'
import { literal, type ShellProblem } from '../shell/facts.ts'

/** Compilers and test runners whose operands are programs that they run, or load as code. */
const startsFiles: Effect = (invocation) => {
  describeTool(invocation)
  for (const arg of invocation.args) if (arg.known && !arg.text.startsWith('-')) invocation.facts.code(arg, invocation.directories)
}

// Without a file they take their input for one.
const scripts: Effect = (invocation) => {
  if (invocation.stdin.kind !== 'none' && !invocation.args.some(({ text }) => /^[\w./]/.test(text))) invocation.facts.problem('pipe-to-interpreter')
  startsFiles(invocation)
}

// A label names a target below the workspace's root, from wherever it is said.
const LABEL = /^-?(?:\/\/|:)(?!(?:.*\/)?\.\.(?:\/|$))[\w./:+-]*$|^-?\/\/\.\.\.(?:[:/][\w*-]+)?$/
const BAZEL_RUNS = /^--(?:run_under|workspace_status_command|shell_executable|script_path|host_jvm_args|bazelrc|override_(?:repository|module)|package_path|sandbox_\w+|output_(?:base|user_root))(?:=|$)/
const BAZEL_NETWORK = /^--(?:remote_|bes_|experimental_remote)|^(?:fetch|sync|mobile-install|vendor)$|^@(?!\/\/)[\w.~+-]+\/\/|^\/\/[\w/.-]*:(?:deploy|push|publish)\b/

const bazel: Effect = (invocation) => {
  const { args, facts } = invocation
  if (args.some(({ text }) => BAZEL_RUNS.test(text))) facts.problem('configured-command')
  if (args.some(({ text }) => BAZEL_NETWORK.test(text))) facts.network()
  describeTool({ ...invocation, args: args.filter(({ text, known }) => !known || !LABEL.test(text)) })
}

/** A tool of which some words make it run something else. */
function guarded (pattern: RegExp, problem: ShellProblem, describe: Effect = describeTool): Effect {
  return (invocation: Invocation) => {
    if (invocation.args.some(({ text }) => pattern.test(text))) invocation.facts.problem(problem)
    describe(invocation)
  }
}

function online (pattern: RegExp): Effect {
  return (invocation) => {
    const { args, facts } = invocation
    if (args.some(({ text }, at) => pattern.test(text) || (text.startsWith('-') && pattern.test(`${text} ${args[at + 1]?.text ?? ''}`)))) facts.network()
    describeTool(invocation)
  }
}

const deploys = online(/^(?:--targets?[= ]|-t ?)?(?:[\w:-]+[,:])*(?:deploy|publish)(?:[,:_-]|$)/)

// The folder or file that their tasks are taken from is code, whatever the same letter means to others.
const tasks: Effect = (invocation) => {
  const { args, facts, directories, name, run } = invocation
  if (name === 'nx' && args[0]?.text === 'exec') return run(dropOptions(args.slice(1), new Set(['-p', '--projects', '--exclude', '--parallel']), () => {}))
  if (name === 'nx' && args[0]?.text === 'release') facts.network()
  deploys(invocation)
  for (const [at, arg] of args.entries()) if (/^-[dtwCr]$/.test(args[at - 1]?.text ?? '')) facts.code(arg, directories)
}

/** Tools that write each of their operands when one of their words says so. */
function rewrites (pattern: RegExp): Effect {
  return (invocation) => {
    const { args, facts, directories } = invocation
    describeTool(invocation)
    if (!args.some(({ text }) => pattern.test(text))) return
    for (const arg of args) if (/[./]/.test(arg.text) && !arg.text.startsWith('-')) facts.touch(arg, 'write', directories)
  }
}

/** Tools of which one verb starts the program named behind it. */
function starts (verb: RegExp, valued: readonly string[]): Effect {
  const options = new Set(valued)
  return (invocation) => {
    const [said, ...words] = dropOptions(invocation.args, options, () => {})
    if (said === undefined || !verb.test(said.text)) return describeTool(invocation)
    describeTool({ ...invocation, args: invocation.args.slice(0, invocation.args.indexOf(said)) })
    invocation.run(dropOptions(words, options, () => {}))
  }
}

// `ar x` puts the members where it runs, under names that only the archive knows.
const ar: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const [mode, ...words] = args.filter(({ text }) => !text.startsWith('--'))
  if (args.some(({ text }) => /^--(?:pl|out)/.test(text))) facts.problem('configured-command')
  rewrites(/^-?[a-z]*[rdqms]/)(invocation)
  if (!/^-?[a-wyzA-Z]*x/.test(mode?.text ?? '')) return
  if (words.length < 2) unpacked(directories, facts)
  for (const member of [literal('.'), ...words.slice(1)]) facts.touch(member, 'write', directories)
}

const withOutputs: Effect = (invocation) => {
  describeTool(invocation)
  for (const { text } of invocation.args) if (/^-o./.test(text)) invocation.facts.touch(literal(text.slice(2)), 'write', invocation.directories)
}

const INCLUDED = /(?:(?:include|literalinclude|csv-table|raw)::\s{0,20}|:file:\s{0,20}|\\(?:input|include|verbatiminput)\s{0,20}\{?\s{0,20})([^\s}]+)/g
const documents: Effect = (invocation) => {
  touchIncluded(INCLUDED, invocation)
  withOutputs(invocation)
}

export const LANGUAGE_EFFECTS = effectTable([
  ['crystal nimble behave robot elm', startsFiles],
  ['nim', guarded(/^--?(?:\w+\.(?:exe|linkerexe|path|options|cpp\.)|(?:linker)?exe|passC|passL|eval|cc)/i, 'configured-command', startsFiles)],
  ['busted', guarded(/^-e|^--(?:lua|helper|output|loaders)|^-o/, 'configured-command', startsFiles)],
  ['bazel bazelisk buck2', bazel],
  ['clj clojure', guarded(/^-(?:e|r|i|x|X)|^--(?:eval|repl|init)|^-S(?:deps|dev|config-\w+)|^-[AMTX]*:?.*\bnrepl|^-$/, 'inline-code', online(/^-[TXMA]:(?:[\w-]+:)*(?:deploy|publish|release)|^(?:deploy|publish|release)$/))],
  // Its own language starts programs and opens files.
  ['mlr miller', guarded(/\b(?:system|exec|tee|ENV|split)\b|[>|]\s*"|^(?:-s|-f|--load|--mload|--prepipe\w*|--gen-\w+)$/, 'inline-code')],
  ['lein', guarded(/^(?:clojure\.main|-e|repl|eval|update-in|trampoline)$/, 'inline-code')],
  ['runghc runhaskell runjulia guile zx esno jiti vite-node sucrase-node swc-node tsimp babel-node groovy scala kotlin octave gnuplot', scripts],
  ['hlint', guarded(/^--(?:with|rpc)/, 'configured-command')],
  ['ghc', guarded(/^-e|^-pgm|^-F$|^-fplugin|^-package-db|^-opt[A-Za-z]|^@/, 'configured-command', startsFiles)],
  ['cabal stack opam', starts(/^exec$/, ['--stack-yaml', '--resolver', '--switch', '--project-file', '--package'])],
  ['R', guarded(/^-(?:e|f|d|g)|^--(?:file|debugger|gui|args)|^(?:INSTALL|REMOVE|BATCH|javareconf)$/, 'configured-command')],
  ['hugo', online(/^(?:deploy|mod)$|^--bind[= ](?!localhost|127)/)],
  ['docusaurus astro', online(/^deploy$|^--host(?:$|[= ](?!localhost|127))/)],
  ['cucumber cucumber-js', online(/^--publish$/)],
  ['cypress', online(/^(?:install|open)$|^--record/)],
  ['opa', guarded(/opa\.runtime|http\.send|^(?:run|exec)$/, 'inline-code', policies)],
  ['buf', guarded(/^--template[= ]?\{|^\{|^(?:push|login)$/, 'inline-code')],
  ['ninja mill rush moon lage wireit pants xmake platformio pio mise lefthook', deploys],
  ['gulp grunt nx mage invoke inv task typeorm', tasks],
  ['jsonnet', guarded(/^-(?:e|V|A|-exec|-ext-code|-tla-code)/, 'inline-code')],
  ['nginx', guarded(/^-[gsT]/, 'configured-command')],
  ['pandoc', guarded(/^--(?:fil|lu|pdf|def|dat|ext|syn|self|emb|req)|^-[FLd]|\.lua$/, 'configured-command', documents)],
  ['pre-commit', guarded(/^-c$|^--config/, 'configured-command')],
  ['dos2unix unix2dos', rewrites(/^/)],
  ['sd yamlfmt nixfmt nixpkgs-fmt alejandra statix deadnix buildifier buildozer mdformat doctoc gersemi cmake-format astyle uncrustify pg_format sqlfmt latexindent cabal-fmt ocp-indent pycln unify eradicate yesqa nbstripout jupytext add-trailing-comma gomodifytags phpcbf blacken-docs xmlstarlet tidy fprettify strip', rewrites(/^/)],
  ['ast-grep ecs svgr dasel', rewrites(/^(?:-U|--update-all|--fix|-i|--in-place|put|delete)$/)],
  ['gci gofumpt google-java-format', rewrites(/^(?:write|-w|-i|-r|--replace)$/)],
  ['ar', ar],
  // The output is said in the same word: `-o.git/hooks/x`.
  ['dot rdoc javadoc', guarded(/^-[oO]./, 'configured-command')],
  ['run-s run-p npm-run-all', guarded(/^--npm-path/, 'configured-command', deploys)],
])
