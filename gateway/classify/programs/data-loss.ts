import { minimatch } from 'minimatch'
import type { Directories, FactCollector, Field } from '../shell/facts.ts'

const TASKS: ReadonlyArray<readonly [program: RegExp, task: RegExp]> = [
  [/(?:^|\/)manage\.py$|^django-admin$/, /^(?:flush|reset_db|zero)$/],
  [/(?:^|\/)artisan$/, /^(?:db:wipe|migrate:(?:fresh|reset|refresh)|queue:(?:flush|clear))$/],
  [/(?:^|\/)console$/, /^doctrine:(?:database|schema):drop$/],
  [/^(?:rails|rake)$/, /^db:(?:drop|reset|purge|truncate_all|migrate:reset|seed:replant)(?::|$)/],
  [/^mix$/, /^ecto\.(?:drop|reset)$/],
  [/^alembic$/, /^base$/],
  [/^prisma$/, /^(?:reset|--force-reset|--accept-data-loss)$/],
  [/^sqlx$|^cargo$|^diesel$/, /^database (?:drop|reset)$/],
  [/^(?:gradlew?|mvnw?|flyway|liquibase)$/, /^(?::?[\w-]+:)*(?:flywayClean|liquibase:dropAll|drop-?[aA]ll|\w{1,40}DropAll)$|^flyway:clean$/],
  [/^flyway$/, /^clean$/],
  [/^(?:typeorm|typeorm-ts-node-\w+|mikro-orm|sequelize|sequelize-cli)$/, /^(?:schema:(?:drop|fresh)|migration:fresh|db:drop|db:(?:migrate|seed):undo:all)$/],
  [/^(?:dbmate|migrate|goose)$/, /^(?:drop|reset)$/],
  [/^knex$/, /^migrate:rollback --all$/],
]

// Top folders that hold what people write; what is built, generated or fetched is made again, and has other names.
const WORK_FOLDER = /^\/workspace\/(?:(?:apps|packages|services|libs|modules|crates|projects|plugins)\/[\w.@*-]+\/(?:src|app|tests?|spec|__tests__)|src\/(?:main|test|lib|app|components)|src|app|apps|packages|services|libs|modules|projects|plugins|internal|cmd|pkg|crates|tests?|spec|__tests__|server|client|backend|frontend|components|migrations|docs|scripts|include|Sources|Tests|benches|config|db|infra|terraform|charts|helm|ansible|domain|resources|views|controllers|models|routes|schemas|protos?|contracts|api|core|(?:apps|packages|services|libs|modules|projects|plugins|crates)\/[\w.@-]+)(?:\/\*{1,2})*$/
// What a program stands on, right in a folder of sources; what is old or generated there has other names.
const HEART = /^\/workspace\/(?:(?:apps|packages|services|libs|modules|crates|projects|plugins)\/[\w.@*-]+\/)?(?:src|app|lib|internal|pkg|server|client|backend|frontend|source)\/(?:src\/)?(?:core|api|apis|lib|libs|components?|app|apps|servers?|clients?|models?|services?|utils?|auth|db|database|routes?|routers?|routing|domain|domains|main|test|tests|pages|hooks|stores?|common|shared|controllers?|views?|handlers?|middlewares?|config|types|schemas?|features?|modules?|entities|repositories|repository|resolvers?|commands?|cli|kernel|engine|parser|runtime|handlers|http|web|ui|state|context|contexts|providers|layouts?|screens|containers|helpers|infrastructure|application|adapters?|ports|usecases?|use-cases|jobs|workers?|queues?|events?|migrations|i18n|locales|assets|styles|graphql|billing|payments?|orders?|users?|cart|checkout|catalog|inventory|server|storage|plugins)(?:\/\*{1,2})*$/
// Names of files that people write; those of builds and caches are made again.
const WRITTEN = /\*[\w.-]*(?<!\.d)\.(?:ts|tsx|mts|cts|jsx|vue|svelte|py|go|rs|java|kt|scala|rb|php|cs|fs|swift|dart|ex|exs|erl|hs|ml|c|cc|cpp|h|hpp|sql|tf|proto)$/
const WRITTEN_ANYWHERE = /\*[\w.-]*\.(?:js|mjs|cjs|md|mdx|json|ya?ml|toml|css|scss|html|sh)$/
// All files of a kind that stand right in such a folder.
const WORK_KIND = new RegExp(`${WORK_FOLDER.source.slice(0, -1)}/\\*${WRITTEN.source.replace('\\*[\\w.-]*(?<!\\.d)', '')}`)
const AT_ROOT = /^(?:\.|\/workspace)?\/?[^/]*$/

/**
 * Whether these words ask a framework to throw all data of a database away, of which no commit keeps a copy. The task is
 * looked for in every word: frameworks take options before it.
 */
export function losesData (program: string, words: readonly Field[]): boolean {
  return TASKS.some(([name, task]) => name.test(program) && words.some(({ text }, at) => task.test(text) || task.test(`${text} ${words[at + 1]?.text ?? ''}`)))
}

/** Whether the word names a whole folder of people's work, from any of the directories. */
export function isWorkFolder (field: Field, directories: Directories, facts: FactCollector): boolean {
  return directories.some((directory) => {
    const place = facts.placeOf(field, directory)
    return WORK_FOLDER.test(place) || WORK_FOLDER.test(place.replace(LISTED, '')) || (field.glob !== null && PICKED.test(place) && TOP_FOLDERS.some((name) => minimatch(name, place.slice('/workspace/'.length))))
  })
}

// What `ls src` printed, put behind `src/`, stands as the folder itself.
const LISTED = /(?<=\/([\w-]{1,40}))\/\1$/
// `s?c` and `[s]rc` name what everybody calls by its plain name.
const PICKED = /^\/workspace\/[^/]*[?*[][^/]*$/
const TOP_FOLDERS = ['src', 'app', 'apps', 'packages', 'lib', 'libs', 'services', 'modules', 'internal', 'cmd', 'pkg', 'crates', 'test', 'tests', 'spec', 'server', 'client', 'backend', 'frontend', 'components', 'migrations', 'docs', 'scripts'] as const

function isHeart (field: Field, directories: Directories, facts: FactCollector): boolean {
  return directories.some((directory) => HEART.test(facts.placeOf(field, directory)))
}

/** Records the loss of people's work: a whole folder of it, or all files of a kind wherever they are, which no search tells. */
export function checkLoss (names: readonly Field[], directories: Directories, facts: FactCollector): void {
  if (names.some((name) => isWorkFolder(name, directories, facts) || isHeart(name, directories, facts) || isKindAnywhere(name) || isWholeKind(name, directories, facts))) facts.problem('data-loss')
}

/** The same for files that are emptied, or all filled with one thing: what is in them is lost as if they were deleted. */
export function checkEmptied (names: readonly Field[], directories: Directories, facts: FactCollector): void {
  // A listing of everything stands as the folder itself, which no program writes to.
  if (names.some(({ text }) => /^(?:\.|\.\/|\/workspace\/?)$|\/\.$/.test(text))) facts.problem('data-loss')
  checkLoss(names, directories, facts)
}

const CODE = /\.(?:[cm]?[jt]sx?|vue|svelte|py|go|rs|java|kt|scala|rb|php|cs|fs|swift|dart|exs?|erl|hs|ml|cc?|cpp|h|hpp|sql|tf|proto|sh)$/

/** Whether the word names a file of code. */
export function isCode ({ text }: Field): boolean { return CODE.test(text) }

/** Records the loss of a file of code that gets its own lines, or those of another, in no order. */
export function checkScrambled (file: Field, facts: FactCollector): void {
  if (isCode(file)) facts.problem('data-loss')
}

function isWholeKind (name: Field, directories: Directories, facts: FactCollector): boolean {
  return name.glob !== null && directories.some((directory) => WORK_KIND.test(facts.placeOf(name, directory)))
}

function isKindAnywhere ({ text, glob }: Field): boolean {
  if (glob?.includes('**') !== true) return false
  return WRITTEN.test(text) || (AT_ROOT.test(text) && WRITTEN_ANYWHERE.test(text))
}
