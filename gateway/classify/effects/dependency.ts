import { dropOptions } from './wrappers.ts'
import { effectTable, splitArguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { touchArgument } from './interpreters.ts'
import { BUILD_EFFECTS, checkGo, isRelease } from './build.ts'
import { cargoWatch } from './watchers.ts'
import { describeTool } from '../programs/developer-tool.ts'
import { literal, type Directories, type Field } from '../shell/facts.ts'

const NPM_VALUED: ReadonlySet<string> = new Set(['--prefix', '-C', '--dir', '--cwd', '--pack-destination', '--browser', '-w', '--workspace', '--filter', '-F', '--registry', '--userconfig', '--globalconfig', '--cache', '--tag', '--loglevel', '-c', '--call', '-p', '--package', '--script-shell', '--node-options', '--otp'])
// For pnpm `-w` is a switch: the root of the workspace.
const PNPM_VALUED: ReadonlySet<string> = new Set([...NPM_VALUED].filter((flag) => flag !== '-w'))
const STEERING = /^--(?:scripts-prepend-node-path|browser|script-shell|node-options|shell|registry|userconfig|globalconfig|git|node-gyp|editor|viewer|init-module|prefix-shell)$/

// Verbs that change the manifest or the lock file, by what each manager calls them.
const CHANGES: ReadonlySet<string> = new Set(['install', 'i', 'in', 'ins', 'add', 'isntall', 'uninstall', 'remove', 'rm', 'r', 'un', 'unlink', 'update', 'up', 'upgrade', 'link', 'ln', 'dedupe', 'ddp', 'import', 'init', 'create', 'version', 'shrinkwrap', 'audit-fix', 'patch', 'set'])
const ONLINE: ReadonlySet<string> = new Set([...CHANGES, 'ci', 'clean-install', 'install-test', 'it', 'install-ci-test', 'cit', 'view', 'info', 'show', 'v', 'search', 'outdated', 'audit', 'publish', 'unpublish', 'deprecate', 'dist-tag', 'access', 'owner', 'login', 'adduser', 'logout', 'whoami', 'token', 'ping', 'star', 'team', 'org', 'hook', 'profile', 'dlx', 'pack-online'])
// Installed programs that pnpm and yarn start by their name alone.
const BINS: ReadonlySet<string> = new Set('tsc eslint jest vitest prettier mocha c8 turbo nx vite next tsx ts-node biome playwright stylelint knip storybook prisma'.split(' '))
const PLACES: ReadonlySet<string> = new Set(['--prefix', '-C', '--dir', '--cwd'])
const RUNS: ReadonlySet<string> = new Set(['exec', 'x', 'dlx'])

const npm: Effect = (invocation) => {
  const { args, facts, name } = invocation
  let places = invocation.directories
  const rest = dropOptions(args, name === 'pnpm' ? PNPM_VALUED : NPM_VALUED, (flag, value) => {
    if (PLACES.has(flag)) places = placed(value, invocation)
    if (STEERING.test(flag)) facts.problem('configured-command')
  })
  const [verb, ...words] = rest
  if (verb === undefined) return name === 'yarn' ? manifest({ ...invocation, directories: places }) : undefined
  if (!verb.known) return facts.problem('unknown-argument')
  describe(verb.text, words, { ...invocation, directories: places })
}

function describe (verb: string, words: readonly Field[], invocation: Invocation): void {
  const { facts, directories, run, script, name } = invocation
  const { operands, flags, values } = splitArguments(words, NPM_VALUED)
  if (flags.some((flag) => STEERING.test(flag))) facts.problem('configured-command')
  for (const { flag, value } of values) if (PLACES.has(flag)) placed(value, invocation)
  facts.worksIn(directories)
  if (/^run(?:-script)?$/.test(verb) && operands[0]?.text === 'env') facts.problem('environment-dump')
  if ((/^run(?:-script)?$/.test(verb) && /^(?:deploy|publish)[:_-]/.test(operands[0]?.text ?? '')) || (verb === 'run-script' && isRelease(operands[0]))) facts.network()
  for (const { flag, value } of values) if (/^-w$|^--workspace$/.test(flag) && /^\/|(?:^|\/)\.\.(?:\/|$)/.test(value.text)) placed(value, invocation)
  if (RUNS.has(verb)) {
    // For npm its own options stand anywhere before `--`; for the others what follows a program is the program's.
    const own = name === 'npm' || name === 'cnpm' ? values : splitArguments(words.slice(0, words.length - dropOptions(words, NPM_VALUED, () => {}).length), NPM_VALUED).values
    for (const { flag, value } of own) {
      if (flag === '-c' || flag === '--call') script(value)
      if (flag === '-p' || flag === '--package') facts.network()
    }
    runPackage(dropOptions(words, NPM_VALUED, () => {}), invocation)
  } else if (BINS.has(verb) && name !== 'npm') {
    run([literal(verb), ...words])
  } else if (verb === 'workspace') {
    run([literal(name), ...words.slice(1)])
  } else if (verb === 'workspaces' && words.some(({ text }) => text === 'exec')) {
    run(words.slice(words.findIndex(({ text }) => text === 'exec') + 1))
  } else if (verb === 'pkg') {
    if (['set', 'delete', 'fix'].includes(operands[0]?.text ?? '')) facts.touch(literal('package.json'), 'write', directories)
  } else if (verb === 'config' || verb === 'c' || verb === 'set') {
    if (verb === 'set' || !['get', 'list', 'ls'].includes(operands[0]?.text ?? 'list')) facts.touch(literal('.npmrc'), 'write', directories)
  } else if (verb === 'explore') {
    run(operands.slice(1))
  } else if (verb === 'pack') {
    facts.touch(literal('package.tgz'), 'write', values.flatMap(({ flag, value }) => flag === '--pack-destination' ? invocation.enter(value) : directories))
  } else if (CHANGES.has(verb) && !(verb === 'version' && operands.length === 0)) {
    manifest(invocation)
  } else {
    // What follows `--` is handed to the project's own script, which does with it what a tool of its kind does.
    describeTool({ ...invocation, args: words.filter(({ text }) => text !== '--') }, SCRIPT_PLAIN)
  }
  if (verb === 'audit' && operands[0]?.text === 'fix') manifest(invocation)
  if (ONLINE.has(verb) && !flags.includes('--dry-run') && !flags.includes('--offline') && verb !== 'version') facts.network()
}

// Values of the usual test runners that pick tests by their titles.
const SCRIPT_PLAIN: ReadonlySet<string> = new Set(['-t', '--testNamePattern', '-g', '--grep', '-k', '-f', '-c', '-d', '-p', '-w', '--workspace', '--filter', '-F'])

function manifest ({ facts, directories }: Invocation): void {
  facts.network()
  for (const file of ['package.json', 'package-lock.json']) facts.touch(literal(file), 'write', directories)
}

const npx: Effect = ({ args, facts, run, script }) => {
  const rest = dropOptions(args, new Set(['-p', '--package', '-c', '--call', '--node-options', '--script-shell']), (flag, value) => {
    if (flag === '-c' || flag === '--call') script(value)
    if (STEERING.test(flag)) facts.problem('configured-command')
    if (flag === '-p' || flag === '--package') facts.network()
  })
  runPackage(rest, { facts, run })
}

// `npx name@version`, a URL or a folder fetches and runs code that is not the project's own.
function runPackage (words: readonly Field[], { facts, run }: Pick<Invocation, 'facts' | 'run'>): void {
  const [program] = words
  if (program !== undefined && /.@|[:/]/.test(program.text.replace(/^@[\w.-]+\/(?=[\w.-]+$)/, ''))) facts.problem('unknown-program')
  // What is fetched to be asked for its help is fetched, and runs.
  if (program !== undefined && /^--(?:help|version)$/.test(words.at(-1)?.text ?? '')) facts.program(program.text, words.map(({ text }) => text))
  run(words)
}

/** The folder that an option moves a package manager to, whose scripts it then runs. */
function placed (value: Field, { facts, directories, enter }: Invocation): Directories {
  facts.touch(value, 'read', directories)
  facts.code(value, directories)
  return enter(value)
}

// `poetry run CMD`, `uv run CMD`, `bundle exec CMD`: the program named after the verb is the one that runs.
function runner (verbs: readonly string[], file: string): Effect {
  return (invocation) => {
    const { args, facts, directories, run } = invocation
    const [verb, ...words] = dropOptions(args, new Set(['--project', '--directory', '-C', '--with', '--from', '--python', '-p']), (flag, value) => {
      if (flag === '--with' || flag === '--from') facts.network()
      else if (value.text.includes('/')) elsewhere(value, invocation)
    })
    if (verb === undefined) return
    if (verbs.includes(verb.text)) {
      return runInside(dropOptions(words, new Set(['--with', '--from', '--python', '-p', '--extra', '--group', '--env-file', '--gemfile', '-m']), (flag, value) => {
        if (flag.startsWith('--with')) facts.network()
        if (flag === '--env-file') facts.touch(value, 'read', directories)
        if (flag === '--gemfile') facts.code(value, directories)
        if (/^(?:--python|-p)$/.test(flag) && value.text.includes('/')) elsewhere(value, invocation)
        if (flag === '-m') run([value])
      }), run)
    }
    if (verb.text === 'pip' && /^(?:list|show|freeze|check|tree)$/.test(words[0]?.text ?? '')) return
    if (/^(?:add|install|remove|update|sync|lock|upgrade|pip|tool|init|publish|self|uninstall)$/.test(verb.text)) {
      facts.network()
      facts.touch(literal(file), 'write', directories)
    }
    for (const word of words) touchArgument(word, invocation)
  }
}

// An interpreter by its path, or a project in another folder.
function elsewhere (value: Field, { facts, directories }: Invocation): void {
  facts.touch(value, 'read', directories)
  facts.code(value, directories)
}

const PROJECT_TASK = /^(?:lint|tests?|check|format|fmt|types?|typecheck|build|docs|cov|coverage|unit|dev|style|all|ci)(?::[\w-]+)*$/
// The name under which rules know a task that the settings of the project name.
const PROJECT_TASK_PROGRAM = 'project-task'

// `uv run tool.py` runs it with Python.
function runInside (words: readonly Field[], run: Invocation['run']): void {
  if (PROJECT_TASK.test(words[0]?.text ?? '')) return run([literal(PROJECT_TASK_PROGRAM), ...words])
  run(words[0]?.text.endsWith('.py') === true ? [literal('python3'), ...words] : words)
}

// `cargo add`, `go get`, `pip install`: manifest files by manager and verb.
function manager (changes: RegExp, files: readonly string[], online: RegExp = changes, asksOnline: RegExp = /^$/): Effect {
  return (invocation) => {
    const { args, facts, directories } = invocation
    if (invocation.name === 'go') checkGo(invocation)
    if (invocation.name === 'cargo' && args[0]?.text === 'watch') return cargoWatch({ ...invocation, args: args.slice(1) })
    const { operands, flags } = splitArguments(args, new Set(['-C', '--manifest-path', '--target-dir']))
    const verb = operands[0]?.text ?? ''
    const nested = `${verb} ${operands[1]?.text ?? ''}`
    if (operands[0]?.known === false) facts.problem('unknown-argument')
    if (flags.some((flag) => /^--?(?:toolexec|exec|vettool|overlay|modfile)(?:=|$)|^--config$/.test(flag))) facts.problem('configured-command')
    // Behind the dashes they are rustdoc's, and start programs all the same.
    if (args.some(({ text }) => /^--(?:test-builder|test-runtool|runtool)/.test(text))) facts.problem('configured-command')
    if (changes.test(verb) || changes.test(nested)) files.forEach((file) => facts.touch(literal(file), 'write', directories))
    if (online.test(verb) || online.test(nested) || flags.some((flag) => asksOnline.test(flag))) facts.network()
    if (invocation.name === 'cargo') compiled(verb, invocation)
    describeTool({ ...invocation, args: args.slice(1) }, PLAIN_OPTIONS)
  }
}

// Behind the dashes stand the compiler's own words.
function compiled (verb: string, invocation: Invocation): void {
  const at = invocation.args.findIndex(({ text }) => text === '--')
  if (at >= 0 && /^(?:rustc|clippy|rustdoc)$/.test(verb)) BUILD_EFFECTS['rustc']?.({ ...invocation, args: invocation.args.slice(at + 1) })
}

const PLAIN_OPTIONS: ReadonlySet<string> = new Set(['-run', '-list', '-fuzz', '-func', '-html', '-tags', '-ldflags', '-bench', '-skip', '-p', '-e', '--bin', '--features', '--filter', '--logger', '-c', '-f'])

const composerManager = manager(/^(?:global|require|install|update|remove|create-project|self-update)$/, ['composer.json', 'composer.lock'])

// `composer exec` starts a program of the vendor folder, or else of the machine.
const composer: Effect = (invocation) => {
  const [verb, ...words] = dropOptions(invocation.args, new Set(['-d', '--working-dir']), (_flag, value) => { placed(value, invocation) })
  if (verb?.text !== 'exec') return composerManager(invocation)
  const rest = dropOptions(words, new Set(['-d', '--working-dir']), (_flag, value) => { placed(value, invocation) })
  if (rest.length > 0) invocation.run(rest)
}

const pip = manager(/^(?:install|uninstall|download|wheel)$/, [], /^(?:install|download|wheel|search|index)$/)

export const DEPENDENCY_EFFECTS = effectTable([
  ['npm pnpm yarn cnpm', npm],
  ['npx pnpx bunx uvx', npx],
  ['pip pip3', pip],
  ['poetry uv pdm hatch rye pipx', runner(['run'], 'pyproject.toml')],
  ['pixi', runner(['run'], 'pixi.toml')],
  ['pipenv', runner(['run'], 'Pipfile')],
  ['bundle bundler rbenv', runner(['exec'], 'Gemfile.lock')],
  ['mise', runner(['exec', 'x'], 'mise.toml')],
  ['asdf', runner(['exec'], '.tool-versions')],
  ['direnv', runner(['exec'], '.envrc')],
  ['corepack', runner(['pnpm', 'yarn', 'npm'], 'package.json')],
  ['cargo', manager(/^(?:add|remove|rm|update|install|init|new)$/, ['Cargo.toml', 'Cargo.lock'], /^(?:add|update|install|search|publish|login|owner|yank|fetch|nextest self)$/)],
  ['go', manager(/^(?:get|install|mod (?:tidy|edit|init|vendor|download)|work (?:use|init|edit|sync))$/, ['go.mod', 'go.sum'], /^(?:get|install|mod (?:tidy|vendor|download))$/)],
  ['gem', manager(/^(?:install|update|uninstall)$/, [], /^(?:install|update|push|fetch|yank)$/, /^(?:-r|-b|--remote|--both)$/)],
  ['composer', composer],
])
