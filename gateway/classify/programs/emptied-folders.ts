import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'
import { isKept } from './kept-folders.ts'

/** An option whose folder a tool empties before it fills it, or when it cleans up; `when` is what has to be said besides. */
interface Emptying { readonly names: string, readonly folder: RegExp, readonly when?: RegExp }

const TOOLS: readonly Emptying[] = [
  { names: 'vite astro vitepress', folder: /^--outDir$/ },
  { names: 'vitest', folder: /^--coverage\.reportsDirectory$/ },
  { names: 'webpack', folder: /^(?:-o|--output-path)$/, when: /^--output-clean/ },
  { names: 'storybook build-storybook expo', folder: /^(?:-o|--output-dir)$/ },
  { names: 'mkdocs', folder: /^(?:-d|--site-dir)$/ },
  { names: 'hugo', folder: /^(?:-d|--destination)$/, when: /^--cleanDestinationDir/ },
  { names: 'jekyll bridgetown vuepress', folder: /^(?:-d|--dest(?:ination)?)$/ },
  { names: 'ng nx ember', folder: /^(?:-o|--output-?[pP]ath)$/ },
  { names: 'tsup', folder: /^(?:-d|--out-dir)$/, when: /^--clean/ },
  { names: 'typedoc', folder: /^--out$/ },
  { names: 'docusaurus', folder: /^--out-dir$/ },
  { names: 'swc babel', folder: /^(?:-d|--out-dir)$/, when: /^--delete-dir-on-start/ },
  { names: 'svelte-package zola buf pelican allure', folder: /^(?:-o|--output(?:-dir)?)$/, when: /^(?:-i|--input|--clean|-c|--force|-d|--delete-output-directory|build|-o|--output)/ },
  { names: 'c8 nyc', folder: /^--temp-dir(?:ectory)?$/ },
  { names: 'playwright', folder: /^--output$/ },
  { names: 'trunk mdbook', folder: /^(?:-d|--dist|--dest-dir)$/ },
  { names: 'antora', folder: /^--to-dir$/, when: /^--clean$/ },
  { names: 'cargo', folder: /^--target-dir$/, when: /^clean$/ },
  { names: 'swift', folder: /^--(?:build|scratch)-path$/, when: /^(?:clean|reset)$/ },
  { names: 'cabal dune', folder: /^--build-?dir$/, when: /^clean$/ },
  { names: 'jest', folder: /^--cacheDirectory$/, when: /^--clearCache$/ },
  { names: 'dotnet', folder: /^(?:-o|--output|[-/]p:(?:OutputPath|OutDir|BaseIntermediateOutputPath|BaseOutputPath))$/, when: /^clean$/ },
  { names: 'gradle gradlew mvn mvnw', folder: /^-[DP](?:project\.build\.directory|buildDir(?:ectory)?)$/, when: /^(?::?[\w-]+:)*clean$/ },
  { names: 'cypress', folder: /(?:^|,)(?:videos|screenshots|downloads)Folder$/ },
]
const EMPTYING = new Map(TOOLS.flatMap((tool) => tool.names.split(' ').map((name) => [name, tool] as const)))
// Sites are put there for whoever serves them.
const SERVED = /\/(?:public|static|www|wwwroot|site|html|webapp|docs|lib)$/
const CLEANED_LAST: ReadonlySet<string> = new Set(['cpx', 'cpx2'])

/** Records the loss of a folder of work that a tool is told to put its results into, and empties first. */
export function checkEmptyingTools (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  const tool = EMPTYING.get(name)
  if (tool !== undefined && (tool.when === undefined || args.some(({ text }) => tool.when?.test(text) === true))) foldersOf(args, tool.folder).forEach((folder) => { checkEmptiedFolder(folder, directories, facts) })
  else if (CLEANED_LAST.has(name) && args.some(({ text }) => /^(?:-C|--clean)$/.test(text))) checkEmptiedFolder(args.at(-1) ?? literal('.'), directories, facts)
  else if (name === 'sphinx-build' && args[0]?.text === '-M' && args[1]?.text === 'clean') checkEmptiedFolder(args[3] ?? literal('.'), directories, facts)
}

function foldersOf (args: readonly Field[], option: RegExp): readonly Field[] {
  return args.flatMap((arg, at) => {
    const equals = arg.text.lastIndexOf('=')
    if (equals > 0) return option.test(arg.text.slice(0, equals)) ? [literal(arg.text.slice(equals + 1))] : []
    return option.test(arg.text) ? args.slice(at + 1, at + 2) : []
  })
}

/** Records the loss of this folder, should it hold work. */
export function checkEmptiedFolder (folder: Field, directories: Directories, facts: FactCollector): void {
  if (directories.some((directory) => {
    const place = facts.placeOf(folder, directory)
    return (place === '/workspace' || isKept(place)) && !SERVED.test(place)
  })) facts.problem('data-loss')
}
