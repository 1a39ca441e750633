import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

const COMPUTING = names('Enum String Integer Float List Map MapSet Keyword Tuple Range Stream Regex Date Time DateTime NaiveDateTime Calendar Base Bitwise Access URI Version Jason Decimal IO File Duration Inspect ISO ArgumentError RuntimeError KeyError MatchError ArithmeticError FunctionClauseError')
// Modules of Elixir, and of packages that start or send for a living.
const OUTSIDE = names('System Port Code Node Process GenServer Agent Task Supervisor Application Mix EEx Module Macro Path Kernel Registry DynamicSupervisor Logger ExUnit IEx Hex Config Record Protocol Behaviour GenEvent StringIO Collectable Atom Exception Function OptionParser PartitionSupervisor HTTPoison Req Finch Tesla Mint Hackney Repo Ecto Oban Swoosh Bamboo Phoenix Plug Cowboy Bandit Redix Postgrex MyXQL Exqlite Broadway Kafka Rambo Porcelain MuonTrap Exile Erlexec ExAws Goth Elixir Igniter Rustler SSHEx SFTPClient Gettext Absinthe Quantum Nx Explorer Livebook Credo Dialyxir')
const ERLANG = names('math lists maps string queue calendar rand binary crypto_hash array gb_sets gb_trees sets')
const READS = names('read! read stream! exists? stat! stat ls! ls regular? dir?')
const MACHINE = names('os erlang file init code rpc gen_tcp gen_udp httpc ssl inets net net_kernel erl_eval compile application io filelib file_server prim_file erl_prim_loader inet global slave peer erts_internal sys proc_lib gen_server supervisor ets dets mnesia shell c user erl_scan erl_parse zip erl_tar ssh public_key erl_ddll auth heart timer eval prim_inet socket persistent_term atomics counters logger disk_log beam_lib erlang_shell group edlin standard_io standard_error Elixir')

function look (words: SnippetWords, at: number): number | null {
  const said = words.text(at)
  const token = words.tokens[at]
  if (token?.kind === 'mark' && said === ':' && words.tokens[at + 1]?.spaced === false && words.tokens[at + 1]?.kind === 'name' && !(words.tokens[at - 1]?.kind === 'name' && token.spaced === false)) return atom(words, at)
  // `:"os"`, and what is called by a name that was computed.
  if (token?.kind === 'mark' && said === ':' && words.tokens[at + 1]?.kind === 'string' && words.tokens[at + 1]?.spaced === false) words.refuse()
  if (token?.kind === 'mark' && said === '(' && /^[)\]}]$/.test(words.text(at - 1)) && token.spaced === false) words.refuse()
  if (token?.kind !== 'name') return null
  if (/^[A-Z]/.test(said)) return module(words, at)
  // `m.f()` calls a function of whatever module the name stands for.
  if (words.joined(at) && words.name(at - 2) !== '' && !/^[A-Z]/.test(words.name(at - 2)) && words.mark(at + 1, '(') && !words.mark(at - 3, ':')) words.refuse()
  return null
}

function atom (words: SnippetWords, at: number): number {
  const said = words.text(at + 1)
  if (words.mark(at + 2, '.')) {
    if (!ERLANG.has(said) && !(said === 'crypto' && words.name(at + 3) === 'hash')) words.refuse()
    return at + 4
  }
  if (MACHINE.has(said)) words.refuse()
  return at + 2
}

function module (words: SnippetWords, at: number): number | null {
  const said = words.text(at)
  if (words.joined(at) || words.defined.has(said)) return null
  let last = at
  while (words.mark(last + 1, '.') && /^[A-Z]/.test(words.name(last + 2))) last += 2
  const name = words.tokens.slice(at, last + 1).map(({ text }) => text).join('')
  const struct = words.mark(at - 1, '%')
  const verb = words.mark(last + 1, '.') ? words.name(last + 2) : ''
  if (verb === '' && !struct && words.name(at - 1) !== 'defmodule' && !/^[A-Z]\w*Error$/.test(name)) words.refuse()
  if (words.name(at - 1) === 'defmodule' || words.defined.has(name)) return last + 1
  if (said === 'File') return file(words, last, verb)
  if (said === 'IO') return /^(?:puts|inspect|write|iodata_to_binary)$/.test(verb) ? last + 3 : words.refuse()
  if (COMPUTING.has(said)) return /atom|^(?:cycle|repeatedly|resource)$/.test(verb) || (verb === 'run' && said !== 'Regex') ? words.refuse() : verb === '' ? last + 1 : last + 3
  if (!words.ownsCode || OUTSIDE.has(said) || name.split('.').some((part) => /^(?:Repo|Mailer|Endpoint|PubSub|Vault|HTTP|Http|Client|Oban|Release|Shell|Cmd)$/.test(part))) words.refuse()
  words.own(verb, true)
  return verb === '' ? last + 1 : last + 3
}

function file (words: SnippetWords, last: number, verb: string): number {
  if (!READS.has(verb) || !words.mark(last + 3, '(')) words.refuse()
  words.reading(last + 4)
  if (!words.mark(last + 5, ')')) words.refuse()
  return last + 5
}

export const ELIXIR: SnippetLanguage = {
  syntax: {
    comment: /#[^\n]*/y,
    name: /[A-Za-z_]\w*[?!]?/y,
    mark: /\|>|->|<-|=>|<>|\+\+|--|::|\.\.|\/\/|\\\\|<<<?|>>>?|&&&?|\|\|\|?|[=!]==?|=~|<=|>=|[-+*/%.,;:!<>=&|^@()[\]{}]/y,
    strings: [{ open: '"', close: '"', escapes: true, filled: ['#{', '}'], lines: true }, { open: "'", close: "'", escapes: true, filled: ['#{', '}'] }],
    raw: /~[a-zA-Z](?:\/(?:[^/\\\n#]|\\[^\n]|#(?!\{))*\/|\((?:[^()\\\n#]|#(?!\{))*\)|"(?:[^"\\\n#]|#(?!\{))*"|\[(?:[^[\]\\\n#]|#(?!\{))*\]|\{(?:[^{}\\\n#]|#(?!\{))*\}|\|(?:[^|\\\n#]|#(?!\{))*\|)(?![a\w])[imsux]*|\?(?:\\[^\n]|[^\s\\])/y,
    refused: /"""|'''|~[A-Za-z]\S?[^\n]*[)/"\]}|]a\b/,
  },
  denied: names('spawn spawn_link spawn_monitor apply send receive import require use alias defmacro defmacrop quote unquote unquote_splicing defdelegate defprotocol defimpl defoverridable __MODULE__ __ENV__ __CALLER__ __STACKTRACE__ __DIR__ make_ref to_atom to_existing_atom alias! var! binding sigil_w halt node'),
  keywords: names('do end fn case cond if else unless when and or not in true false nil try rescue catch after raise throw reraise with for def defp defmodule defstruct defguard'),
  declares: names('def defp defmodule'),
  joins: names('.'),
  look,
}

/** The same behind `mix run`, where the modules of the project are loaded. */
export const MIX: SnippetLanguage = {
  ...ELIXIR,
  look: (words, at) => {
    if (at === 0) words.ownsCode = true
    return look(words, at)
  },
}
