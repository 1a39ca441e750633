import { diffNames } from '../../decode/diff-names.ts'
import { ARCHIVE_EFFECTS } from '../effects/archives.ts'
import { BUILD_EFFECTS } from '../effects/build.ts'
import { openBuildFolder } from '../paths/build-folders.ts'
import { copiesBuilt, recordBuilt } from '../paths/built-output.ts'
import { withScripts } from './database-looks.ts'
import { losesData } from './data-loss.ts'
import { DENO_EFFECTS } from '../effects/deno.ts'
import { DEPENDENCY_EFFECTS } from '../effects/dependency.ts'
import { DOTNET_EFFECTS } from '../effects/dotnet.ts'
import { checkEmptyingTools } from './emptied-folders.ts'
import { isEndless } from './endless.ts'
import { isHugeWork } from './huge-work.ts'
import { FILE_EFFECTS } from '../effects/files.ts'
import { FIND_EFFECTS } from '../effects/find.ts'
import { GIT_EFFECTS } from '../effects/git.ts'
import { asksForHelp, VERSION_QUERY } from './help-queries.ts'
import { LANGUAGE_EFFECTS } from '../effects/languages.ts'
import { INTERPRETER_EFFECTS } from '../effects/interpreters.ts'
import { MEDIA_EFFECTS } from '../effects/media.ts'
import { NOTEBOOK_EFFECTS } from '../effects/notebooks.ts'
import { parallel } from '../effects/parallel.ts'
import { SEARCH_EFFECTS } from '../effects/search.ts'
import { SHELL_EFFECTS } from '../effects/shell.ts'
import { TEXT_EFFECTS } from '../effects/text.ts'
import { TOOL_EFFECTS, unlistedProgram } from '../effects/tools.ts'
import { WATCHER_EFFECTS } from '../effects/watchers.ts'
import { WRAPPER_EFFECTS } from '../effects/wrappers.ts'
import { NO_STDIN, textOn, type Effect, type Invocation, type Stdin } from './invocation.ts'
import { patchedFiles } from '../paths/patch-names.ts'
import { checkPowers } from './tool-powers.ts'
import { printedNames } from './printed-names.ts'
import { bringsToOthers, changesProduction, PRODUCTION_CHANGE } from './production.ts'
import { enter } from '../shell/directories.ts'
import { checkLeft } from './left-files.ts'
import { checkManifestChange } from './manifest-changes.ts'
import { checkRewritten } from './rewriters.ts'
import { checkWholeTree } from '../paths/whole-tree.ts'
import { plainQuestion } from './plain-question.ts'
import { writtenScript, type WrittenScript } from '../languages/written-scripts.ts'
import { startedClass } from '../snippets/java-classes.ts'
import { askedSnippet, type AskedSnippet } from '../snippets/asked-snippets.ts'
import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

const MAX_WRAPPING = 12 // `env nice timeout … sh`: programs that start programs, one inside the other

export interface RunPorts {
  readonly directories: Directories
  readonly stdin: Stdin
  readonly narrowed?: boolean
  /** A later stage of the pipeline, or a limit of time, ends the program. */
  readonly bounded?: boolean
  /** See State. */
  readonly built?: readonly string[]
  readonly facts: FactCollector
  readonly script: (text: Field, directories: Directories, stdin: Stdin, given?: readonly Field[]) => void
}

// A Map, since the program names looked up in it are the model's own words (`constructor`, `__proto__`).
const EFFECTS: ReadonlyMap<string, Effect> = new Map(Object.entries({
  ...TOOL_EFFECTS, ...BUILD_EFFECTS, ...LANGUAGE_EFFECTS, ...DENO_EFFECTS, ...DOTNET_EFFECTS, ...TEXT_EFFECTS, ...SEARCH_EFFECTS, ...FILE_EFFECTS, ...ARCHIVE_EFFECTS, ...FIND_EFFECTS, ...GIT_EFFECTS, ...DEPENDENCY_EFFECTS, ...INTERPRETER_EFFECTS, ...SHELL_EFFECTS, ...WRAPPER_EFFECTS, ...WATCHER_EFFECTS, ...NOTEBOOK_EFFECTS, ...MEDIA_EFFECTS, parallel,
}))

// Where one of these stands for a program, the grammar has taken a compound command for a simple one (`! if a; then b; fi`).
const RESERVED: ReadonlySet<string> = new Set(['if', 'then', 'elif', 'else', 'fi', 'for', 'while', 'until', 'select', 'do', 'done', 'case', 'esac', 'function', '{', '}', '!', '[[', ']]', '(', ')', '((', '))'])

// Folders whose programs are what their names say. Any other path is a file somebody may have just written.
const PROGRAM_FOLDERS = /^(?:\/(?:usr\/(?:local\/)?)?s?bin|(?:\/workspace\/|\.\/)?node_modules\/\.bin|(?:\/workspace\/|\.\/)?\.?venv\/bin)\/([^/]+)$|^\.\/(gradlew|mvnw|configure)$|^(?:\.\/)?(?:[\w-]+\/)+(gradlew|mvnw)$|^(?:\.\/)?bin\/(rails|rake|rspec|rubocop|bundle)$|^(?:\.\/)?vendor\/bin\/([\w-]+)$/

// The wrapper of a build stands where the build does; nobody writes over one who may not change what a project depends on.
const WRAPPER = /^(?:\.\/)?(?:[\w-]+\/)+(?:gradlew|mvnw)$/

// What a build leaves where builds leave things is the project's own code, as `cargo run` and `go run` start it.
const BUILT = /^(?:\.\/|\/workspace\/)?(?:(?!node_modules\/|vendor\/|third_party\/)[\w-]+\/){0,3}(?:build|out|dist|target\/(?:debug|release)|cmake-build-\w+)\/[\w./-]+$|^\.\/a\.out$/
/** The name under which rules know a program that the project's own build made. */
export const BUILT_PROGRAM = 'built-program'

// Folders in which projects keep programs of their own, and the names of those that stand beside the manifest. Frameworks' own
// programs and what a build leaves are known by other names.
const OWN_SCRIPT = new RegExp([
  '^(?:\\./)?(?!bin/(?:rails|rake|rspec|rubocop|bundle)$)(?!(?:[\\w-]+/)*(?:node_modules|vendor|venv|build|dist|out|target)/)(?:[\\w-]+/)*(?:s?bin|scripts?|tools?|hack|ci|\\.ci|dev|tests?|e2e|tasks?|utils?|contrib|support|examples?|bench(?:marks?)?|devtools|build-support)/(?:[\\w-]+/)*[\\w-]+$',
  '^\\./(?:run|tests?|build|lint|check|format|fmt|setup|bootstrap|install|dev|start|serve|autogen|manage|generate|gen|compile|clean|ci|do|bench|docs?|verify|validate|coverage|typecheck|regen|update|waf|tox|nox|project|buildconf|config|Configure)(?:[-_][\\w-]+)*$',
].join('|'))
// The wrapper that a build tool puts into a project starts that tool.
const WRAPPERS = /^\.\/(bazel|pants|mill|sbt|lein|buck2?|please)w?$/

// A script of the project that is started by its path is what its interpreter started with it is.
const SCRIPT_LANGUAGES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^\.\/[\w.-]+\.(?:sh|bash)$|^(?:\.\/)?(?:[\w-]+\/)+[\w.-]+\.(?:sh|bash)$/, 'bash'],
  [/^\.\/[\w.-]+\.py$|^(?:\.\/)?(?:[\w-]+\/)+[\w.-]+\.py$/, 'python3'],
  [/^(?:\.\/)?(?:[\w-]+\/)+[\w.-]+\.[cm]?js$/, 'node'],
  [/^(?:\.\/)?(?:[\w-]+\/)+[\w.-]+\.rb$/, 'ruby'],
  [/^(?:\.\/)?bin\/console$|^\.\/artisan$/, 'php'],
  [OWN_SCRIPT, 'bash'],
]

// The tools of a compiler for another machine, by the name of that machine: `arm-none-eabi-size`.
const CROSS = /^(?:arm|aarch64|riscv(?:32|64)|avr|xtensa|mips\w*|powerpc\w*|i686|x86_64|m68k|llvm)(?:-[a-z0-9_]+){0,3}-(size|nm|objdump|readelf|addr2line|strings|c\+\+filt|gcc|g\+\+|ar)$|^(?:avr|llvm)-(size|nm|objdump|readelf|strings)$/

/** Records one program start and all it leads to. @returns the words it prints, or null when they are not known */
export function runProgram (words: readonly Field[], ports: RunPorts, depth = 0): readonly Field[] | null {
  const [head, ...args] = words
  if (head === undefined) return []
  const { facts } = ports
  if (RESERVED.has(head.text)) facts.problem('unknown-syntax')
  if (depth > MAX_WRAPPING) facts.problem('too-deep')
  if (!head.known || head.glob !== null || head.text === '' || depth > MAX_WRAPPING) {
    facts.problem('unknown-program')
    for (const arg of args) if (arg.known) facts.touch(arg, 'read', ports.directories)
    return null
  }
  const meant = startedBy(head.text, words)
  if (meant !== null) return runProgram(meant, ports, depth + 1)
  if (asksForHelp(head, args)) {
    facts.program(VERSION_QUERY, [VERSION_QUERY, head.text])
    return null
  }
  facts.trees.now(ports.built ?? [])
  const isFresh = !/\.(?:sh|bash|py|rb|pl|php)$/.test(head.text) && facts.isBuilt(head, ports.directories, ports.built ?? [])
  const name = isFresh ? BUILT_PROGRAM : programName(head.text)
  if (isHugeWork(name, args.map(({ text }) => text), textOn(ports.stdin), ports.bounded === true)) facts.problem('endless')
  if (changesProduction(name, args, facts.hasSaid('production')) || bringsToOthers(name, args)) facts.program(PRODUCTION_CHANGE, [PRODUCTION_CHANGE])
  if (runsText(head, args, ports, depth)) return null
  recordStart(name, isFresh, words, ports)
  const invocation: Invocation = {
    name,
    args,
    ...ports,
    narrowed: ports.narrowed === true,
    run: (inner, changes = {}) => { runProgram(inner, { ...ports, ...changes }, depth + 1) },
    script: (text, stdin = ports.stdin, given) => { ports.script(text, ports.directories, stdin, given) },
    enter: (field) => enter(field, ports.directories, facts),
  }
  for (const arg of args) touchFileUrl(arg, invocation)
  checkRewritten(name, args, ports.directories, facts)
  checkLeft(name, args, ports.directories, facts)
  checkManifestChange(name, args, ports.directories, facts)
  checkPowers(name, args, facts)
  checkWholeTree(name, args, ports.directories, facts)
  checkEmptyingTools(name, args, ports.directories, facts)
  if (/^(?:cat|tee)$/.test(name) && ports.stdin.kind === 'text' && ports.stdin.text !== null) facts.holdsPatch(patchedFiles(ports.stdin.text, null) ?? [], diffNames(ports.stdin.text), ports.directories)
  const effect = EFFECTS.get(name) ?? unlistedProgram
  const copied = copiesBuilt(invocation)
  const building = openBuildFolder(invocation)
  effect(building.invocation)
  // Behind a program that starts it, its success need not be the command's.
  if (depth === 0) recordBuilt(invocation)
  if (depth === 0) copied?.()
  if (depth === 0 && building.folder !== null) facts.buildsIn(building.folder, ports.directories)
  return printedNames(invocation)
}

/** The words that say what is started, where a name only stands for it: a wrapper, a tool of a compiler, a script; null for any other. */
function startedBy (name: string, words: readonly Field[]): readonly Field[] | null {
  const plainer = WRAPPERS.exec(name)?.[1] ?? CROSS.exec(name)?.slice(1).find((tool) => tool !== undefined)
  if (plainer !== undefined) return [literal(plainer), ...words.slice(1)]
  const language = name.includes('/') ? SCRIPT_LANGUAGES.find(([pattern]) => pattern.test(name))?.[1] : undefined
  return language === undefined ? null : [literal(language), ...words]
}

/** Records what a text does that the program is handed or that the command wrote for it. @returns whether there is one that is known in full */
function runsText (head: Field, args: readonly Field[], ports: RunPorts, depth: number): boolean {
  const { facts, directories } = ports
  const textOf = (file: Field): string | null => facts.textOf(file, directories)
  const written = writtenScript(head.text, args, textOf)
  if (written?.kind === 'shell') {
    facts.program(BUILT_PROGRAM, [BUILT_PROGRAM, ...[head, ...args].map(({ text }) => text)])
    ports.script(literal(written.text), directories, ports.stdin, written.args)
    return true
  }
  const started = startedClass(head.text, args)
  if (started !== null && facts.isBuilt(started.file, directories, ports.built ?? [])) {
    recordStart(BUILT_PROGRAM, true, [started.file, ...started.args], ports)
    return true
  }
  const asked = withScripts(head.text, args, ports.stdin, textOf)
  const question = questionOf(written, head.text, asked, ports.stdin)
  // A script with commands of the tool itself, known to the letter, and no question.
  if (question === null && head.text === 'sqlite3' && asked.some(({ text }, at) => text !== args[at]?.text && /^\s*\./m.test(text))) facts.problem('inline-code')
  if (question !== null) {
    for (const file of question.code) facts.code(literal(file), directories)
    for (const file of question.fills?.files ?? []) for (const text of question.fills?.texts ?? []) facts.writesText(file, text, directories)
    if (written !== null) recordBeside(written, question.code, ports)
    for (const plain of question.runs) runProgram(plain, { ...ports, stdin: question.fed === true ? ports.stdin : NO_STDIN }, depth + 1)
    if (written?.kind === 'tests') runProgram([head, ...written.args], ports, depth + 1)
    return true
  }
  const snippet = askedSnippet(head.text, args, ports.stdin, textOf)
  if (snippet !== null) runSnippet(snippet, ports, depth)
  return snippet !== null
}

// Modules are looked for beside the script first, where the same command may have put one, also for what these load in turn.
function recordBeside ({ kind, file }: WrittenScript, code: readonly string[], { facts, directories }: RunPorts): void {
  if (file.text.endsWith('.py')) facts.startsBeside(file, directories)
  const folder = file.text.replace(/[^/]*$/, '')
  for (const name of kind === 'tests' ? [...code, ...TEST_SETTINGS] : code) facts.starts(literal(`${folder}${name}`), directories)
}

function recordStart (name: string, isFresh: boolean, words: readonly Field[], { facts, directories, bounded }: RunPorts): void {
  const [head, ...args] = words
  if (head === undefined) return
  // Where such a one stands is said by its name.
  const isPlaced = name === BUILT_PROGRAM || WRAPPER.test(head.text)
  facts.program(name, isPlaced ? [name, ...args.map(({ text }) => text)] : words.map(({ text }) => text))
  if (losesData(name, args)) facts.problem('data-loss')
  if (isEndless(words, bounded === true)) facts.problem('endless')
  if (isFresh) facts.starts(head, directories)
  else if (name === BUILT_PROGRAM) facts.code(head, directories)
  if (name.includes('/')) facts.touch(head, 'read', directories)
}

// What a runner of tests loads besides, where they stand.
const TEST_SETTINGS = ['conftest.py', '__init__.py', 'pytest.ini', '.pytest.ini', 'pyproject.toml', 'tox.ini', 'setup.cfg']

// A script of which the command wrote all is judged as the same text on the interpreter's input.
function questionOf (written: WrittenScript | null, name: string, args: readonly Field[], stdin: Stdin): ReturnType<typeof plainQuestion> {
  if (written?.kind === 'tests') return plainQuestion('python3', [literal('-')], { kind: 'text', text: `${written.text}\nassert True` })
  return written?.kind === 'code' ? plainQuestion(name, [literal('-'), ...written.args], { kind: 'text', text: written.text }) : plainQuestion(name, args, stdin)
}

function runSnippet ({ runs, code, makes, beside, onlyFresh }: AskedSnippet, ports: RunPorts, depth: number): void {
  const { facts, directories } = ports
  for (const file of code) facts.code(literal(file), directories)
  for (const file of beside ?? []) facts.starts(literal(file), directories)
  for (const words of runs) runProgram(words, { ...ports, stdin: NO_STDIN }, depth + 1)
  if (makes === undefined) return
  const isAttempt = facts.attempts(makes, directories)
  facts.touch(makes, 'write', directories)
  // Behind a program that starts the compiler, its success need not be the command's.
  if (isAttempt || (depth === 0 && onlyFresh !== true)) facts.builds(makes, directories)
}

/** The name that rules know a program by: its base name when its folder holds only real programs, else the path as written. */
export function programName (text: string): string {
  if (BUILT.test(text) && !text.includes('..')) return BUILT_PROGRAM
  return PROGRAM_FOLDERS.exec(text)?.slice(1).find((name) => name !== undefined) ?? text
}

function touchFileUrl (arg: Field, { facts, directories }: Invocation): void {
  const at = arg.text.toLowerCase().indexOf('file:/')
  if (arg.known && at >= 0) facts.touch({ text: arg.text.slice(at), known: true, glob: null }, 'read', directories)
}
