import { describeTool } from '../programs/developer-tool.ts'
import { dropOptions } from './wrappers.ts'
import { isSecretName } from '../shell/hidden.ts'
import { checkHanded } from '../shell/assignments.ts'
import { effectTable, isUnread, splitArguments, textOn, type Effect, type Invocation } from '../programs/invocation.ts'
import { isScratch, literal, type Field, type ShellProblem } from '../shell/facts.ts'

/** What some of a tool's words mean. Each pattern is tried on every word, and on every option together with the next word. */
interface Tool {
  readonly names: string
  /** Makes the tool run or load something else than the project's own code. */
  readonly runs?: RegExp
  readonly inline?: RegExp
  readonly waits?: RegExp
  readonly network?: RegExp
  /** Options whose value is no path. */
  readonly plain?: readonly string[]
  /** Finds the names of files that source text from standard input has read. */
  readonly includes?: RegExp
}

const JVM = /^-(?:J-)?(?:javaagent|agentpath|agentlib|Xrun|Xbootclasspath|XX:On|XX:Flags|XX:HeapDumpPath|XX:VMOptionsFile|Xloggc:|Xlog:[^:]*:(?!std)|Djava\.(?:system|security|ext|library)|Dcom\.sun\.management|-patch-module|XX:StartFlightRecording|Xplugin)|^-processor|^(?:-cp|-classpath|--class-path|-p|--module-path)[= ](?:.*:)?\/(?:tmp|var\/tmp|dev\/shm)\//
const PYTEST_PLUGINS = 'no:|xdist|randomly|asyncio|cov|timeout|sugar|django|anyio|pytest_[a-z]+(?:\\.plugin)?$'

const TOOLS: readonly Tool[] = [
  { names: 'pytest py.test', runs: new RegExp(`^-p(?! ?(?:$|${PYTEST_PLUGINS}))|^--basetemp[= ](?!/tmp/|\\.?(?:tmp|build|pytest))|^--debug[= ]\\S|^--(?:pdbcls|tx|rsyncdir|pythonwarnings)|^(?:-o ?|--override-ini[= ])(?:addopts(?!=?$)|pythonpath(?!=(?:\\.|src|lib|tests?)$)|required_plugins(?!=?$))`), waits: /^--(?:pdb|trace)$/, network: /^--pastebin/, plain: ['-o', '-p', '-k', '-m', '-W', '-r', '-n', '--override-ini'] },
  { names: 'mypy', runs: /^--python-executable/, network: /^--install-types/ },
  { names: 'pylint', runs: /^--load-plugins/, inline: /^--init-hook/ },
  { names: 'rake', inline: /^-[eEp]|^--execute|^(?:-f ?|--rakefile[= ])(?:-$|\/dev\/|\/proc\/)/, runs: /^--system$|^-g$/ },
  { names: 'rspec', network: /^--drb|^-X$/, plain: ['-e', '-t', '--tag', '--example'] },
  { names: 'rubocop brakeman standardrb erblint' },
  { names: 'rails', inline: /^(?:runner|r)$/, waits: /^(?:console|c|dbconsole|db)$/, plain: ['-n', '--name', '-s', '--seed'] },
  { names: 'mix', inline: /^(?:-e|--eval|eval|cmd)$/ },
  { names: 'java', runs: JVM },
  { names: 'javac scalac', runs: JVM },
  { names: 'kotlinc', runs: JVM, inline: /^-e(?:xpression)?(?:$|[= ])/ },
  // What it is given it shows, and runs nothing of it.
  { names: 'javap', runs: /^-J/, plain: ['-cp', '-classpath', '--class-path'] },
  {
    names: 'mvn mvnw',
    runs: /^(?:[\w.-]*:)?(?:exec|antrun|groovy|gmavenplus|wrapper|archetype|scm|build-helper)(?:-maven-plugin)?:|^(?!.*:(?:jacoco|spotless|surefire|failsafe|pmd|checkstyle|spotbugs|enforcer|versions)-maven-plugin:)[\w.-]+:[\w.-]+:[\w.-]+|^-D(?:maven\.ext|jvm=|argLine|exec)|^help:effective-settings|showPasswords|^-Dexpression=settings|^(?:-s|-gs|-t|--settings|--global-settings|--toolchains)$/,
    network: /^(?:deploy|site-deploy|release:|dependency:(?:get|copy|unpack)|install:install-file|versions:(?!display-))/,
    plain: ['-o', '-pl', '-P', '-am', '-T', '-rf', '-Dtest'], // here -o is offline
  },
  { names: 'gradle gradlew', runs: /^-(?:D|P)org\.gradle\.(?:jvmargs|java)|^wrapper$|^init$|^(?:-I|--init-script)/, network: /^:?(?:[\w-]+:)*(?:publish(?!(?:\w+Publication)?ToMavenLocal$)|upload|release|deploy|closeAnd|docker\w*push|jib(?!\w*(?:Tar|DockerTar))|bootBuildImage)|^--scan$/i, plain: ['-x', '--tests', '--exclude-task'] },
  { names: 'sbt', inline: /^(?:eval|console|set) / },
  { names: 'rustc rustdoc', runs: /^(?:-C ?|--codegen[= ])(?:linker|link-|dlltool|ar=|llvm-args)|^--sysroot|^-Z ?(?:codegen-backend|llvm-plugins|self-profile=)/ },
  { names: 'golangci-lint', runs: /^custom$/ },
  { names: 'cmake', network: /^(?:-t|--target)[= ](?:deploy|publish|release)/, runs: /^-DCMAKE_\w*(?:COMPILER|LAUNCHER|LINKER|PROGRAM|_AR|_LD)(?::\w+)?=.*[/ ]|^--(?:open|install)$|^--target install$|^SHELL=|^-C$/ },
  { names: 'ctest', runs: /^-S$|^--build-and-test/, network: /^-[DMT]$/ },
  { names: 'ktlint', runs: /[=,]artifact=/ },
  { names: 'vale', network: /^sync$/ },
  { names: 'meson', runs: /^--wrapper|^devenv$|^install$/, network: /^subprojects$/ },
  { names: 'just', runs: /^(?:-d|--working-directory)[= ]\/(?:tmp|var|dev)\/|^--(?:chooser|choose|shell|edit|global-justfile)|^-[ceg]$/ },
  { names: 'gcc g++ cc c++ clang clang++ cpp', runs: /^-W[lpa],.*(?:plugin|,-(?:MD|MF|o),|-Map[=,](?![\w-]))|^-W[pa],|^-fuse-ld=.*[/.]|^-f(?:pass-)?plugin|^-iplugindir|^-dumpdir|^--sysroot|^--config/, plain: ['-D', '-U', '-x'], includes: /(?:#\s*(?:include|import|embed)|\.incbin)\s*["<]([^">]+)[">]/g },
  { names: 'ld ar nm objdump', runs: /^--?plugin/ },
  { names: 'swift', inline: /^-e$/, network: /^(?:update|resolve)$/ },
  { names: 'zig', runs: /^-B/ },
  { names: 'playwright', runs: /^(?:codegen|open|show-trace)$/, network: /^install|^--host[= ](?!localhost|127)/ },
  { names: 'turbo', network: /^(?:login|link|logout)$|^--remote-only|^(?:deploy|publish)(?:[:_-]|$)/, plain: ['--filter', '-F', '--scope'] },
  { names: 'esbuild vite vitest http-server serve storybook nuxi nuxt ng webpack webpack-dev-server', network: /^--serve(?:dir)?\b|^--(?:(?:browser\.)?api\.)?host(?:=| )(?!localhost|127)/ },
  { names: 'jest', runs: /^(?:--config|-c)[= ]?\{|^--(?:transform|globals|projects|moduleNameMapper|reporters|haste)[= ].*\//, plain: ['-t', '--testNamePattern'] },
  { names: 'lint-staged', runs: /^-x$|^--shell/ },
  { names: 'prove', runs: /^--?e(?:xec)?(?:[= ]|$)|^--harness|^-[PM]/ },
  { names: 'gotestsum gotest', runs: /^--(?:raw-command|post-run-command)|^--?(?:exec|toolexec|vettool|overlay)(?:[= ]|$)/ },
  { names: 'dprint', network: /^(?:upgrade|config)$|^--plugins[= ]https?:/ },
  { names: 'sqlc', network: /^(?:push|upload|verify)$/ },
  { names: 'depcheck', runs: /^--(?:parsers|detectors|specials)[= ].*\// },
  { names: 'actionlint', runs: /^-{1,2}(?:shellcheck|pyflakes)[= ]./ },
  { names: 'streamlit', network: /^--(?:server\.address|browser\.serverAddress)[= ](?!localhost|127)/ },
  { names: 'gradio chainlit fastapi tensorboard dx trunk', network: /^--(?:host|address|bind_all)\b(?![= ](?:localhost|127))/ },
  { names: 'flask next mkdocs', network: /^(?:-H|--hostname|-a|--dev-addr|--host)[= ](?!localhost|127)|^gh-deploy$/ },
  { names: 'uvicorn hypercorn gunicorn', network: /^(?:-b|--(?:bind|host|insecure-bind|quic-bind))[= ](?!localhost|127)|^-b(?![ =]?(?:localhost|127))./, runs: /^-[ck]$|^--(?:config|log-config|loop|http|ws|lifespan|worker-class|reload-engine|logger-class|paste|pythonpath|app-dir|chdir|umask|user|group|forwarded-allow-ips)/ },
  { names: 'tap', runs: /^--(?:node-arg|before|after|plugin|import)/ },
  { names: 'ava', runs: /^--node-arguments/ },
  { names: 'mocha', runs: /^--?node-option|^--import[= ]data:/, plain: ['-g', '--grep', '-f', '--fgrep'] },
  { names: 'as nasm yasm', includes: /(?:incbin|include)\s*["'<]([^"'>]+)["'>]/gi },
  { names: 'asciidoctor asciidoctor-pdf', includes: /include::([^[\s]+)/g },
  { names: 'latex pdflatex xelatex lualatex tex pdftex', includes: /\\(?:input|include|verbatiminput|lstinputlisting|openin\w{0,20}=?)\s{0,20}\{?\s{0,20}([^\s}]+)/g },
  { names: 'dhall dhall-to-json dhall-to-yaml', includes: /(?<![\w.])((?:\.{1,2}|~)?\/[\w./-]{1,400})/g, inline: /^env:/ },
  { names: 'xmllint', plain: ['--xpath', '--pattern', '--encode'] },
  { names: 'prisma', network: /^(?:studio|platform|deploy|execute|pull|push)$/ },
]

const GRADLE = toolEffect(TOOLS.find(({ names }) => names === 'gradle gradlew') ?? { names: 'gradle' })

function toolEffect ({ runs, inline, waits, network, plain = [], includes }: Tool): Effect {
  const patterns: ReadonlyArray<readonly [RegExp | undefined, ShellProblem]> = [[runs, 'configured-command'], [inline, 'inline-code'], [waits, 'interactive-program']]
  const plainOptions = new Set(plain)
  return (invocation) => {
    const said = (pattern: RegExp): boolean => isSaid(pattern, invocation.args)
    for (const [pattern, problem] of patterns) if (pattern !== undefined && said(pattern)) invocation.facts.problem(problem)
    if (network !== undefined && said(network)) invocation.facts.network()
    if (includes !== undefined) touchIncluded(includes, invocation)
    describeTool(invocation, plainOptions)
  }
}

// Source text from standard input has other files read, and a preprocessor prints them.
export function touchIncluded (includes: RegExp, { stdin, facts, directories }: Invocation): void {
  const text = textOn(stdin)
  if (text === null) return isUnread(stdin) ? facts.problem('inline-code') : undefined
  for (const [, file = ''] of text.matchAll(includes)) facts.touch(literal(file), 'read', directories)
}

function isSaid (pattern: RegExp, args: readonly Field[]): boolean {
  // Some options mean most when nothing follows: `vite --host` is for all the network.
  return args.some(({ text }, at) => pattern.test(text) || (text.startsWith('-') && pattern.test(`${text} ${args[at + 1]?.text ?? ''}`)))
}

// They measure another program, which stands after their options.
const COVER_VALUED: ReadonlySet<string> = new Set(['-r', '--reporter', '-o', '--reports-dir', '--report-dir', '--temp-directory', '-x', '--exclude', '-n', '--include', '--src', '--lines', '--branches', '--functions', '--statements', '--cwd', '-i', '--require'])

const cover: Effect = (invocation) => {
  let places = invocation.directories
  const rest = dropOptions(invocation.args, COVER_VALUED, (flag, value) => {
    if (flag === '--cwd') {
      invocation.facts.touch(value, 'read', invocation.directories)
      places = invocation.enter(value)
    }
    if (/^-o$|dir/.test(flag)) invocation.facts.touch(value, 'write', invocation.directories)
    if (/^-[ir]$|require|cwd/.test(flag)) invocation.facts.code(value, invocation.directories)
    if (/^data:/i.test(value.text)) invocation.facts.problem('inline-code')
  })
  if (/^(?:report|check-coverage|merge|help|instrument)$/.test(rest[0]?.text ?? 'help')) describeTool(invocation)
  else invocation.run(rest, { directories: places })
}

// It runs the program behind its own options, all of which hold their values.
const valgrind: Effect = (invocation) => {
  const rest = dropOptions(invocation.args, new Set(), () => {})
  describeTool({ ...invocation, args: invocation.args.slice(0, invocation.args.length - rest.length) })
  invocation.run(rest)
}

// It counts what another program does, which stands after its own options.
const PERF_VALUED: ReadonlySet<string> = new Set(['-e', '--event', '-o', '--output', '-r', '--repeat', '-F', '--freq', '-c', '--count', '-m', '-M', '-I', '--call-graph', '-g', '-C', '--cpu', '-D', '--delay', '-x'])

const perf: Effect = (invocation) => {
  const [verb, ...words] = invocation.args
  if (!/^(?:stat|record)$/.test(verb?.text ?? '')) return describeTool(invocation)
  invocation.run(dropOptions(words, verb?.text === 'record' ? new Set([...PERF_VALUED].filter((flag) => flag !== '-g')) : PERF_VALUED, (flag, value) => {
    if (/^-o$|^--output$/.test(flag)) invocation.facts.touch(value, 'write', invocation.directories)
  }))
}

// `coverage run` takes what Python itself takes.
const coverage: Effect = (invocation) => {
  const [verb, ...words] = invocation.args
  if (verb?.text !== 'run') return describeTool(invocation)
  const at = words.findIndex(({ text }) => text === '-m' || !text.startsWith('-'))
  describeTool({ ...invocation, args: words.slice(0, Math.max(at, 0)) })
  invocation.run([literal('python3'), ...at < 0 ? [] : words.slice(at)])
}

// What follows `--` is handed to the environment's own command, whose place it takes when that command is nothing else.
const environments: Effect = (invocation) => {
  const words = invocation.args
  if (words.some(({ text }, at) => /^-(?:e|s|env|-sessions?)$|^--env$/.test(words[at - 1]?.text ?? '') && text.split(',').some((name) => isRelease(literal(name))))) invocation.facts.network()
  if (isSaid(/^(?:-x|--override)(?:$|[= ])/, words)) invocation.facts.problem('configured-command')
  const verb = words[0]?.text
  const at = words.findIndex(({ text }) => text === '--')
  describeTool({ ...invocation, args: at < 0 ? words : words.slice(0, at) })
  const handed = at < 0 ? [] : words.slice(at + 1)
  const [first] = handed
  if (handed.length === 1 && /^(?:(?:ba|da|z|k)?sh|i?python\d?)$/.test(first?.text ?? '')) invocation.facts.problem('interactive-program')
  if (first !== undefined && (verb === 'exec' || (/^[\w+-]+$/.test(first.text) && !/^(?:-|tests?$|src$|unit$|integration$|e2e$)/.test(first.text)))) invocation.run(handed)
  else if (first !== undefined) invocation.run([literal('pytest'), ...handed])
}

const lerna: Effect = (invocation) => {
  const [verb, ...words] = invocation.args
  if (verb?.text === 'publish' || verb?.text === 'version') invocation.facts.network()
  if (verb?.text === 'exec') return invocation.run(dropOptions(words, new Set(['--scope', '--ignore', '--concurrency']), () => {}))
  if (invocation.args.some(({ text }) => text.startsWith('--npm-client'))) invocation.facts.problem('configured-command')
  describeTool(invocation)
}

/** Whether a task is named as one that brings what is built to others. */
export function isRelease (task: Field | undefined): boolean {
  return task !== undefined && RELEASE.test(task.text)
}
const RELEASE = /^(?:deploy|publish|release)(?:[:_-]|$)/

const GO_TOOLS = /^(?:cover|pprof|nm|objdump|test2json|trace|vet|fix|doc|addr2line)$/

/** What is special about `go`: tools that are whole programs, settings that stay, and packages run straight from the network. */
export function checkGo ({ args, facts, directories }: Invocation): void {
  const [verb, first] = args.filter(({ text }) => !text.startsWith('-'))
  const words = args.map(({ text }) => text)
  if (verb?.text === 'tool' && (!GO_TOOLS.test(first?.text ?? '') || words.some((text) => /^-http/.test(text)))) facts.problem('configured-command')
  // Nobody without a network gets them again.
  if (verb?.text === 'clean' && words.some((text) => /^--?(?:modcache|fuzzcache)$/.test(text))) facts.touch(literal('~/go/pkg/mod'), 'delete', directories)
  if (verb?.text === 'env' && words.some((text) => /^--?[wu]$/.test(text))) facts.problem('configured-command')
  if (verb?.text === 'run' && first !== undefined && (/@/.test(first.text) || /^[\w-]+(?:\.[\w-]+)+\//.test(first.text))) facts.network()
  if (words.some((text) => /^--?(?:ldflags|gccgoflags|gcflags|asmflags)/.test(text)) && words.some((text) => /-ext(?:ld|ar)|-linkmode|-plugin|-tmpdir|-wrapper/.test(text))) facts.problem('configured-command')
  if (words.some((text) => /^--?(?:compiler|pkgdir|gccgoflags)/.test(text))) facts.problem('configured-command')
  if (verb?.text === 'run' && first !== undefined) facts.code(first, directories)
}

// `IN:OUT` and a second operand are what is written.
const stylesheets: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const operands = args.filter(({ text }) => !text.startsWith('-'))
  describeTool(invocation)
  for (const { text } of operands) if (text.includes(':')) facts.touch(literal(text.slice(text.lastIndexOf(':') + 1)), 'write', directories)
  if (operands.length === 2 && operands[1] !== undefined && !operands[1].text.includes(':')) facts.touch(operands[1], 'write', directories)
}

// The folder of the result is its second operand.
const sphinx: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const { operands, values } = splitArguments(args, SPHINX_VALUED)
  // Code by another name than the project's own settings give it.
  if (values.some(({ flag, value }) => flag === '-D' && /^extensions\b/.test(value.text))) facts.problem('configured-command')
  const result = operands[1]
  if (args.some(({ text }, at) => SPHINX_LOADS.test(text === '-D' ? `-D${args[at + 1]?.text ?? ''}` : text))) facts.problem('outside-code')
  describeTool({ ...invocation, args: args.filter((arg) => arg !== result || !isScratch(arg.text)) })
  for (const operand of operands.slice(1)) facts.touch(operand, 'write', directories)
}
const SPHINX_LOADS = /^-D(?:extensions|html_theme_path|latex_engine|\w*_(?:command|program|dot))=/
const SPHINX_VALUED: ReadonlySet<string> = new Set(['-b', '-M', '-c', '-d', '-D', '-A', '-t', '-j', '-w'])

// Where a later `make install` would put things; nothing is written there now.
const INSTALL_PLACE = /^--(?:(?:exec-)?prefix|\w+dir)=\/(?:usr|opt|tmp)(?:\/[\w.-]+)*\/?$/

// A script of the project; a variable among its words is handed to it.
const configure: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  facts.touch(literal('./configure'), 'read', directories)
  facts.code(literal('./configure'), directories)
  for (const { text } of args) {
    const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? []
    if (name !== undefined) checkHanded(name, value, facts, directories)
  }
  describeTool({ ...invocation, args: args.filter(({ text }) => !INSTALL_PLACE.test(text)) })
}

// All settings of a build, those of the home folder too, which hold passwords of registries.
const gradle: Effect = (invocation) => {
  const shows = invocation.args.some(({ text }) => /^:?(?:[\w-]+:)*properties$/.test(text)) && !invocation.args.some(({ text }, at) => /^--property(?:=|$)/.test(text) && !isSecretName((text.slice('--property='.length) || invocation.args[at + 1]?.text || '').replace(/(?<=[a-z])(?=[A-Z])/g, '_')))
  if (shows && !invocation.narrowed) invocation.facts.problem('environment-dump')
  GRADLE(invocation)
}

export const BUILD_EFFECTS = effectTable([
  ...TOOLS.map((tool) => [tool.names, toolEffect(tool)] as const),
  ['c8 nyc', cover],
  ['valgrind', valgrind],
  ['sass', stylesheets],
  ['sphinx-build sphinx', sphinx],
  ['configure', configure],
  ['coverage', coverage],
  ['perf', perf],
  ['gradle gradlew', gradle],
  ['lerna', lerna],
  ['tox nox', environments],
])
