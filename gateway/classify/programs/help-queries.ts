import type { Field } from '../shell/facts.ts'

/** The name under which rules know any program that is asked for its version or its help. */
export const VERSION_QUERY = 'version-query'

const VERSIONS = /^(?:(?:node|npm|pnpm|yarn|bun|tsc|npx|php|lua|gcc|perl) -v|(?:python3?|rustc|cargo|pip3?|ruby|curl|gzip|jest) -V|(?:java|javac|scala|kotlin|kotlinc|groovy) -version|go version|helm version(?: --short)?|kubectl version --client(?: --short)?|docker -v|(?:dlv|rbenv|pyenv|nodenv|hugo|kind|minikube|buf|packer|consul|caddy|task|k3d|ko|flux|terragrunt|supabase|goreleaser) version)$/
const PROGRAM = /^[A-Za-z][\w.+-]*$/
// No path, no pattern, nothing with a value: the name of a subcommand.
const SUBCOMMAND = /^[a-z][a-z0-9:-]*$/
// Behind these a word is a program to start, a file to run or to change, a task, or a host.
const TAKES_WORDS: ReadonlySet<string> = new Set(('npx pnpx bunx uvx pipx env xargs sudo doas su timeout time nice ionice nohup setsid stdbuf exec command builtin eval source parallel watch entr watchexec chroot unshare nsenter bwrap firejail strace ltrace gdb script ssh scp ' +
  'sh bash dash zsh ksh fish node nodejs deno tsx ts-node python python2 python3 pypy pypy3 perl ruby php lua luajit julia Rscript elixir erl groovy scala osascript awk gawk mawk tclsh expect ' +
  'make gmake just task rake cap fab inv invoke nox tox gulp grunt run-s run-p npm-run-all find fd rm rmdir mv cp ln dd tee touch truncate shred chmod chown echo printf kill pkill killall').split(' '))
// A package manager hands the option to what it starts, and for some any other word is a script of the project.
const STARTING = /^(?:run|run-script|exec|x|dlx|tool|create|start|explore|node|shell)$/
const SCRIPTS_BY_NAME: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun'])
const OWN_WORDS = /^(?:install|i|ci|add|remove|uninstall|update|upgrade|outdated|audit|publish|pack|link|list|ls|why|config|version|init|dedupe|view|info|help|test|run)$/

/**
 * Whether a command does no more than show a version or a help text, whatever the program is: that is the last thing it says,
 * behind no more than plain names of subcommands. A path could be any file, and what starts other programs starts them all the same.
 */
export function asksForHelp (head: Field, args: readonly Field[]): boolean {
  if (!args.every(({ known, glob }) => known && glob === null) || !PROGRAM.test(head.text)) return false
  const words = args.map(({ text }) => text)
  if (VERSIONS.test([head.text, ...words].join(' '))) return true
  const last = words.at(-1) ?? ''
  const named = words.slice(0, -1)
  if (named.length === 0) return /^--(?:version|help)$/.test(last)
  if (TAKES_WORDS.has(head.text) || named.length > 3 || !named.every((word) => SUBCOMMAND.test(word))) return false
  const [first = ''] = named
  if (first === 'help') return named.length < 3 && SUBCOMMAND.test(last) && head.text !== 'git'
  if (STARTING.test(first) ? !(head.text === 'npm' && named.length === 1) : SCRIPTS_BY_NAME.has(head.text) && !OWN_WORDS.test(first)) return false
  return last === '--help' || (last === '-help' && /^(?:terraform|tofu|packer|nomad|vault|consul)$/.test(head.text))
}
