import { describeTool } from './developer-tool.ts'
import { effectTable, type Effect, type Invocation } from './invocation.ts'
import type { ShellProblem } from './shell-facts.ts'

/** Compilers and test runners whose operands are programs that they run, or load as code. */
const startsFiles: Effect = (invocation) => {
  describeTool(invocation)
  for (const arg of invocation.args) if (arg.known && !arg.text.startsWith('-')) invocation.facts.code(arg, invocation.directories)
}

// A label names a target below the workspace's root, from wherever it is said.
const LABEL = /^-?(?:\/\/|:)(?!.*\.\.)[\w./:+-]*$|^-?\/\/\.\.\.(?:[:/][\w*-]+)?$/
const BAZEL_RUNS = /^--(?:run_under|workspace_status_command|shell_executable|script_path|host_jvm_args|bazelrc|override_(?:repository|module)|package_path|sandbox_\w+|output_(?:base|user_root))(?:=|$)/
const BAZEL_NETWORK = /^--(?:remote_|bes_|experimental_remote)|^(?:fetch|sync|mobile-install|vendor)$|^@(?!\/\/)[\w.~+-]+\/\//

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

export const LANGUAGE_EFFECTS = effectTable([
  ['crystal nimble behave robot elm', startsFiles],
  ['nim', guarded(/^--?(?:\w+\.(?:exe|linkerexe|path|options|cpp\.)|(?:linker)?exe|passC|passL|eval|cc)/i, 'configured-command', startsFiles)],
  ['busted', guarded(/^-e|^--(?:lua|helper|output|loaders)|^-o/, 'configured-command', startsFiles)],
  ['bazel bazelisk', bazel],
  ['clj clojure', guarded(/^-(?:e|r|i|x|X)|^--(?:eval|repl|init)|^-S(?:deps|dev|config-\w+)|^-[AMTX]*:?.*\bnrepl|^-$/, 'inline-code')],
  ['hlint', guarded(/^--(?:with|rpc)/, 'configured-command')],
  // The output is said in the same word: `-o.git/hooks/x`.
  ['dot pandoc rdoc javadoc', guarded(/^-[oO]./, 'configured-command')],
  ['run-s run-p npm-run-all', guarded(/^--npm-path/, 'configured-command')],
])
