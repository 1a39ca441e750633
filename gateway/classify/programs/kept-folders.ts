import { checkLoss } from './data-loss.ts'
import type { Directories, FactCollector, Field } from '../shell/facts.ts'

// Words in the name of a folder that say that it is made again, was fetched, is for a while only, or is no longer used.
const MADE_AGAIN = new Set(('dist build builds built out output outputs target coverage cov htmlcov obj tmp temp log logs vendor vendored venv env virtualenv bower generated gen autogen codegen cache cached caches egg ' +
  'result results report reports artifact artifacts wandb mlruns derived pods deps typings snapshots screenshots videos captures download downloads downloaded extracted unpacked package stubs dump dumps trace traces prof perf ' +
  'legacy old older deprecated unused obsolete backup backups bak copy orig stale dead abandoned archive archived trash junk garbage scratch sandbox playground throwaway dummy foo bar baz tmpdir esm cjs umd es wheelhouse wheels sdist ' +
  'book pb flamegraph flamegraphs stats analysis jsdoc apidoc apidocs javadoc rustdoc rdoc doxygen stuff').split(' '))
// What these are depends on the project: alone at the top they are what a build leaves there as often as not.
const ALONE = /^(?:lib|bin|public|www|site|static|demo|types|docs?-site|runs|html|wasm|x64|x86|(?:my|new|try)[-_][\w-]+|(?:test|demo)[-_](?:app|project|repo|site))$/
// Made of comments in the sources, by tools that take no other name.
const MADE_OF_COMMENTS = /^docs?\/(?:api|html|site|reference|man)$|^docs\/public$/
const MADE_BY_TOOLS = /(?:^|\/)(?:storybook-static|CMakeFiles|Debug|Release|[\w-]+-(?:debug|release)|public\/hot|[^/]{0,60}wasm[^/]{0,60}\/pkg|[A-Z][\w.]*\/bin)$/
// What people put there is not in the project's own history.
const UPLOADED = /(?:^|\/)(?:uploads?|user[-_]?data|avatars|attachments)$/
const PACKAGE = /^(?:apps|packages|services|libs|modules|crates|projects|plugins|workspaces)\/[^/]+\//
// Files that everybody knows, without an ending.
const FILE = /.\.[A-Za-z]\w{0,11}$|^[A-Z]{2,}$|^\w+file$/
const LAYER = /^(?:src|sources?|app|apps|libs?|core|common|shared|api|components?|models?|services?|controllers?|views?|routes?|routers?|handlers?|middlewares?|migrations?|migrate|schemas?|modules|features|pages|screens|hooks|stores?|domain|entities|repositor(?:y|ies)|resolvers?|commands|jobs|workers|billing|payments?|auth|orders?|tests?|specs?|unit|integration|e2e|internal|server|client|frontend|backend|templates|locales|i18n|main|kernel|engine)$/
const SOURCES = /^(?:src|app|lib|internal|pkg|cmd|server|client|db)\//
// Hidden, and written by people all the same.
const HIDDEN_WORK = /^\.(?:storybook|changeset|vitepress|vuepress|devcontainer|docker|config|ebextensions|dumi|husky|github|circleci|vscode)$/

function isMadeAgain (segment: string): boolean {
  if (HIDDEN_WORK.test(segment)) return false
  if (/^[._]|^node_modules$|^site-packages$/.test(segment)) return true
  return segment.replace(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase().split(/[^a-z]+/).some((word) => MADE_AGAIN.has(word) || word.endsWith('cache'))
}

/** Whether the name of a file, or of a folder above it, says that it is made again, for a while only, or empty on purpose. */
export function isPassing (place: string): boolean {
  return place.split('/').some((segment) => isMadeAgain(segment) || /^(?:empty|blank|placeholder|fixtures?|testdata|__init__\.py)/i.test(segment) || /[-_.]empty\b/i.test(segment))
}

// `src/**/*` is all that is in `src`.
function withoutStars (place: string): string {
  let end = place.length
  while (/\/\*{1,2}$/.test(place.slice(Math.max(end - 3, 0), end))) end = place.lastIndexOf('/', end - 1)
  return place.slice(0, end)
}

/** Whether an absolute place is a folder that holds people's work for all that its name says. */
export function isKept (place: string): boolean {
  if (!place.startsWith('/workspace/')) return false
  const path = withoutStars(place).slice('/workspace/'.length)
  const within = path.replace(PACKAGE, '')
  const segments = within.split('/')
  if (UPLOADED.test(path)) return true
  if (path === '' || segments.some(isMadeAgain) || MADE_BY_TOOLS.test(path)) return false
  return !FILE.test(segments.at(-1) ?? '') && !ALONE.test(within) && !MADE_OF_COMMENTS.test(within)
}

/**
 * Records the loss of a folder that goes with everything in it. Only what is made again may go whole, by a name that says
 * so; or what the same command made, unless that is a name for work.
 */
export function checkThrownAway (names: readonly Field[], directories: Directories, facts: FactCollector): void {
  for (const name of names) {
    if (!name.known || name.glob?.includes('**') === true) continue
    if (directories.some((directory) => isKept(facts.placeOf(name, directory)) && !isOwn(name, directory, facts))) facts.problem('data-loss')
  }
}

// In the project, and not where what is made again is thrown away.
const IN_USE = /^\/workspace(?:\/(?!(?:build|dist|out|target|coverage|tmp|node_modules|\.cache)(?:\/|$))|$)/

/** Whether what is moved there is lost to the project as much as what is deleted. */
export function leavesProject (destination: Field, directories: Directories, facts: FactCollector): boolean {
  return directories.some((directory) => !IN_USE.test(facts.placeOf(destination, directory)))
}

/** Records the loss of what is deleted by these names: a folder of work, or all files of a kind in it. */
export function checkDeleted (names: readonly Field[], directories: Directories, facts: FactCollector): void {
  checkLoss(names, directories, facts)
  if (names.some((name) => name.glob !== null && isKindOfKept(name, directories, facts))) facts.problem('data-loss')
}

/** The same for files and folders that are put where the project has no use for them. */
export function checkTakenAway (names: readonly Field[], directories: Directories, facts: FactCollector): void {
  checkLoss(names, directories, facts)
  checkThrownAway(names, directories, facts)
}

const ALL_OF_A_KIND = /^\*{1,2}(?:\.(?:[cm]?[jt]sx?|vue|svelte|py|go|rs|java|kt|scala|rb|php|cs|fs|swift|dart|exs?|erl|hs|ml|cc?|cpp|h|hpp|sql|tf|proto))?$/

/** Whether the word names all files, or all of one language, in a folder of people's work: to git also by a pattern in quotes. */
export function isKindOfKept (name: Field, directories: Directories, facts: FactCollector): boolean {
  return directories.some((directory) => {
    const place = facts.placeOf(name, directory)
    const at = place.lastIndexOf('/')
    if (!ALL_OF_A_KIND.test(place.slice(at + 1))) return false
    const folder = withoutStars(place.slice(0, at))
    return folder === '/workspace' ? !place.endsWith('*') : isKept(folder)
  })
}

function isOwn (name: Field, directory: string | null, facts: FactCollector): boolean {
  const path = facts.placeOf(name, directory).slice('/workspace/'.length)
  return !SOURCES.test(path) && !LAYER.test(path.split('/').at(-1) ?? '') && facts.hasWritten(name, directory)
}
