import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

const ALWAYS = /^(?:pyupgrade|add-trailing-comma|sort-package-json|dos2unix|unix2dos|mdformat|rufo|doctoc)$/
const TOLD = /^(?:codespell|autopep8|markdownlint|markdownlint-cli2|dprint|jsonlint|standardrb|taplo|ktlint|perltidy|typos|misspell|eclint|yamlfmt|mlr|miller|oxlint|xo|standard|markdown-toc|msgmerge|meson)$/
const WRITES = /^(?:-w|-i|-I|-U|-b|-F|-A|--fix|--write|--write-changes|--in-place|--inplace|fmt|format|fix)$/
// Formatters of sources, and what they are given is a manifest as often as not: `mix format mix.exs`, `rubocop -a Gemfile`.
const FORMATTERS = /^(?:autoflake|docformatter|yapf|rubocop|swiftformat|swiftlint|cljfmt|gleam|zig|ocamlformat|php-cs-fixer|dart|csharpier|dotnet|mix|scalafmt|fourmolu|ormolu|nixfmt|buildifier|crystal|elm-format|purs-tidy|terraform|tofu|stylua|clang-format|ktfmt|google-java-format|nimpretty|fantomas|cabal-fmt|pint)$/
const FORMATS = /^(?:-[aAix]|--(?:auto-?correct(?:-all)?|auto-gen-config|fix|in-?place|write|replace|mode=inplace)|autocorrect|fmt|format|fix|tool|csharpier)$/
const BY_THEMSELVES = /^(?:pint|swiftformat|scalafmt|nixfmt|elm-format|stylua|ktfmt|nimpretty|fantomas|buildifier)$/
const SHOWS = /^--?(?:check(?:-formatted|-only)?|lint|dry-?run|diff|verify(?:-no-changes)?|test)$|^(?:check|lint)$/
const MANIFEST = /^(?:Gem|Rake|Pod|Berks|Brew|Appraisal)file$|^dune-project$|^(?:[\w./-]+\/)?\.github(?:\/|$)/

/** Records the files that a formatter writes over: by their names alone they would count as read. */
export function checkRewritten (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  if (formats(name, args)) for (const arg of args) if (arg.known && (MANIFEST.test(arg.text) || /^(?!-)[^\s=*]*\.\w+$/.test(arg.text))) facts.touch(arg, 'write', directories)
  if (!(ALWAYS.test(name) && !args.some(({ text }) => /^--(?:check|dry-run)$/.test(text))) && !(TOLD.test(name) && args.some(({ text }) => WRITES.test(text)))) return
  for (const arg of args) if (arg.known && (MANIFEST.test(arg.text) || /^(?!-)[^\s=]*\.\w+$/.test(arg.text))) facts.touch(arg, 'write', directories)
  if (name === 'sort-package-json' && args.length === 0) facts.touch(literal('package.json'), 'write', directories)
}

function formats (name: string, args: readonly Field[]): boolean {
  return FORMATTERS.test(name) && !args.some(({ text }) => SHOWS.test(text)) && (BY_THEMSELVES.test(name) || args.some(({ text }) => FORMATS.test(text)))
}
