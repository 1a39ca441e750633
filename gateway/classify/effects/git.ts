import { checkLoss } from '../programs/data-loss.ts'
import { discardsWork, SHARED_BRANCH } from '../programs/git-discards.ts'
import { inFull, showsSecrets, startsMore } from '../programs/git-options.ts'
import { asksOwnRemote, OWN_REMOTE } from '../programs/git-remotes.ts'
import { CHANGING, GLOBAL_VALUED, KNOWN, NAMES_ONLY, REMOTE, VALUED } from '../programs/git-verbs.ts'
import { dropOptions } from './wrappers.ts'
import { hasFlag, isInput, isUnread, splitArguments, textOn, type Arguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { isOwnWorktree } from '../paths/built-output.ts'
import { patchedFiles } from '../paths/patch-names.ts'
import { isScratch, literal, type FactCollector, type Field, type ShellProblem } from '../shell/facts.ts'
import { touchAll } from '../paths/whole-tree.ts'
import { joined } from '../shell/fields.ts'
import { isPatchOfAnything } from '../programs/patch-sources.ts'

// What these do is in git itself; any other strategy is a program of that name.
const STRATEGIES: ReadonlySet<string> = new Set(['ort', 'recursive', 'resolve', 'octopus', 'ours', 'subtree'])
// They start the hooks of the project, which a variable may leave out.
const HOOKED: ReadonlySet<string> = new Set(['commit', 'merge', 'push', 'rebase', 'cherry-pick', 'revert', 'am'])
// What others know by that name: `v1.2.0`, `release-3`.
const SHARED_TAG = /^(?:[a-z@/-]*v?\d+\.\d+|releases?[-/]|stable|latest|prod)/i

// Settings that name no program and no file.
const HARMLESS_SETTING = /^(?:user\.(?:name|email)|color\.[\w.]+|core\.(?:quotepath|autocrlf|filemode)|advice\.[\w.]+|init\.defaultbranch|commit\.gpgsign|diff\.(?:renames|algorithm|noprefix|mnemonicprefix)|log\.\w+|safe\.directory)(?:=|$)|^(?:core\.|)pager=(?:cat|less)?$/i

// What they put into a working tree is what some commit of the project holds.
const FROM_HISTORY = /^(?:checkout|switch|restore|bisect|reset|status|log|show)$/
const NO_OPTIONS: ReadonlySet<string> = new Set()

const git: Effect = (invocation) => {
  const { args, facts } = invocation
  let places = invocation.directories
  const rest = dropOptions(args, GLOBAL_VALUED, (flag, value) => {
    if (flag === '-C') {
      places = invocation.enter(value)
      facts.touch(value, 'read', invocation.directories)
    } else if (flag !== '-c' || !value.known || !HARMLESS_SETTING.test(value.text)) facts.problem('configured-command')
  })
  const [verb, ...words] = rest
  if (verb === undefined) return
  // A repository there has settings, hooks and filters of its own, which nobody looked at.
  if (verb.text !== 'init' && places.some((place) => place !== null && isScratch(place) && !isOwnWorktree(place, invocation))) facts.problem('outside-code')
  if (!verb.known || !KNOWN.has(verb.text)) return facts.problem('unknown-subcommand') // also any alias
  if ((REMOTE as readonly string[]).includes(verb.text) && !(verb.text === 'submodule' && /^(?:status|summary)$/.test(words[0]?.text ?? '')) && !asksOwnRemote(verb.text, words)) facts.network()
  const act = (): void => { describe(verb.text, words, { ...invocation, directories: places }) }
  if (FROM_HISTORY.test(verb.text)) facts.trees.keeping(act)
  else act()
}

// Whoever works here, as an author to look for: `git log --author="$(git config user.name)"`.
const OWN_AUTHOR = /^--(?:author|committer)="\$\(git config (?:--get |--global )?user\.(?:name|email)\)"$/

function describe (verb: string, given: readonly Field[], invocation: Invocation): void {
  const { facts, directories } = invocation
  const end = given.findIndex(({ text }) => text === '--')
  const said = given.map((word, at) => end === -1 || at < end ? inFull(word) : word)
  const words = /^(?:log|shortlog|rev-list)$/.test(verb) ? said.map((word) => !word.known && OWN_AUTHOR.test(word.text) ? literal('--author=me') : word) : said
  const split = withListed(splitArguments(words, VALUED.get(verb) ?? NO_OPTIONS), verb, invocation)
  const { operands, flags, values, afterDashes } = split
  for (const problem of problemsOf(verb, split, words, invocation)) facts.problem(problem)
  if (verb === 'stash') stashed(operands[0]?.text ?? 'push', facts)
  touchKept(verb, split, invocation)
  if (verb === 'diff' && flags.includes('--no-index')) for (const operand of operands) touchAll(operand, directories, facts)
  if (takesHidden(verb, split)) facts.touchHidden(directories)
  for (const { flag, value } of values) touchOption(verb, flag, value, invocation)
  const paths = afterDashes.length > 0 ? afterDashes : operands
  switch (verb) {
    case 'rm':
      if (!hasFlag(flags, 'n', '--dry-run', '--cached')) checkLoss(paths, directories, facts)
      return paths.forEach((path) => facts.touch(asPattern(path), 'delete', directories, true))
    case 'mv': return moved(operands, invocation)
    case 'clean': return hasFlag(flags, 'n', '--dry-run') ? undefined : (operands.length > 0 ? operands : [literal('.')]).forEach((path) => facts.touch(path, 'delete', directories))
    case 'config': return config(operands, flags, invocation)
    case 'remote': return remote(operands, invocation)
    case 'worktree': case 'archive': case 'bundle': case 'clone': return outputs(verb, split, invocation)
    case 'submodule': return operands[0]?.text === 'foreach' ? invocation.script(joined(words.slice(words.findIndex(({ text }) => text === 'foreach') + 1))) : outputs(verb, split, invocation)
    case 'symbolic-ref': return operands.length > 1 || hasFlag(flags, 'd', '--delete') ? facts.touch(literal('.git/HEAD'), 'write', directories) : undefined
    case 'interpret-trailers': return operands.forEach((path) => facts.touch(path, flags.includes('--in-place') ? 'write' : 'read', directories))
    case 'branch': return deleted(operands, flags, invocation)
    case 'format-patch':
      for (const path of paths) for (const part of partsOf(path.text)) facts.touch(asPattern(literal(part)), 'read', directories)
      return facts.touch(literal('.'), 'write', directories)
    case 'init': return (operands.length > 0 ? operands : [literal('.')]).forEach((path) => facts.touch(path, 'write', directories))
    case 'bisect': return bisect(operands, words, invocation)
    case 'pull': return facts.touch(literal('.'), 'write', directories)
    default: return touchPaths(verb, operands, afterDashes, words, invocation, values.some(({ flag }) => verb === 'grep' && /^(?:-e|-f)$/.test(flag)))
  }
}

// `--pathspec-from-file`: the names stand in a file, or on the input.
function withListed (split: Arguments, verb: string, { stdin, facts }: Invocation): Arguments {
  const list = split.values.find(({ flag }) => flag === '--pathspec-from-file')?.value
  if (list === undefined) return split
  const text = isInput(list) ? textOn(stdin) : null
  // What is only staged or committed is all still there.
  if (text === null && /^(?:rm|checkout|restore|clean|stash)$/.test(verb)) facts.problem('unknown-argument')
  return { ...split, operands: [...split.operands, ...(text ?? '').split(/[\n\0]/).filter(Boolean).map(literal)] }
}

function problemsOf (verb: string, split: Arguments, words: readonly Field[], invocation: Invocation): readonly ShellProblem[] {
  const { operands, flags } = split
  const found: ShellProblem[] = []
  if (discardsWork(verb, split, invocation)) found.push('data-loss')
  if (verb === 'tag' && hasFlag(flags, 'd', '--delete') && operands.some(({ known, foreign }) => !known || foreign === true)) found.push('data-loss')
  if (startsMore(verb, flags, words) || (verb === 'init' && flags.some((flag) => flag.startsWith('--sep')))) found.push('configured-command')
  if (invocation.facts.hasSaid('unchecked') && HOOKED.has(verb)) found.push('environment-injection')
  // Which objects it prints is on its input, or is all there ever were.
  if ((verb === 'cat-file' && flags.some((flag) => /^--batch(?!-check|-all-objects)/.test(flag))) || (/^(?:log|show|diff-tree)$/.test(verb) && flags.includes('--stdin'))) found.push('unknown-argument')
  // A mailbox brings whole commits, with their files; `apply` and `patch` show what they change before it is committed.
  if (verb === 'am' && invocation.stdin.kind !== 'text' && !flags.some((flag) => /^--(?:abort|continue|skip|quit|resolved|show-current-patch)/.test(flag))) found.push('unknown-argument')
  // A branch or a tag whose name is an option to whoever lists it.
  if (/^(?:update|symbolic)-ref$/.test(verb) && words.some(({ text }) => /refs\/(?:[\w.-]+\/){1,4}-/.test(text))) found.push('configured-command')
  if (verb === 'branch' && flags.some((flag) => flag.startsWith('--edit'))) found.push('interactive-program')
  if (verb === 'rebase' && hasFlag(flags, 'i', '--interactive', '--edit-todo') && !flags.includes('--autosquash')) found.push('interactive-program')
  if (showsSecrets(verb, split, words) || (verb === 'var' && hasFlag(flags, 'l'))) found.push('secret-variable')
  return found
}

// What the repository keeps of its own, thrown away or written by other commands than those for it.
function touchKept (verb: string, { operands, flags }: Arguments, { facts, directories }: Invocation): void {
  const [first] = operands
  // What these throw away is nowhere else.
  if ((verb === 'stash' && first?.text === 'clear') || (verb === 'reflog' && /^(?:expire|delete|drop)$/.test(first?.text ?? ''))) facts.touch(literal('.git/logs'), 'delete', directories)
  // What once was staged and never kept is put where anybody reads it.
  if (verb === 'fsck' && flags.some((flag) => flag.startsWith('--lost'))) facts.touch(literal('.git/lost-found'), 'write', directories)
  if (verb === 'tag' && hasFlag(flags, 'f', '--force') && first !== undefined && SHARED_TAG.test(first.text)) facts.touch(literal(`.git/refs/tags/${first.text}`), 'write', directories)
  // A folder that looks like a repository is one to the next git that runs in it, settings and all.
  if (verb === 'init' && flags.includes('--bare')) for (const place of operands.length > 0 ? operands : [literal('.')]) facts.touch(literal(`${place.text}/HEAD`), 'write', directories)
}

function takesHidden (verb: string, { operands, flags }: Arguments): boolean {
  if (verb === 'grep') return flags.some((flag) => /^--(?:no-index|untracked|no-exclude)/.test(flag))
  // By force it also takes what is kept out of the repository on purpose.
  if (verb === 'add') return hasFlag(flags, 'f', '--force') && (operands.every(({ text }) => /^[.*:]/.test(text)) || hasFlag(flags, 'A', '--all'))
  // With all files, the ignored ones too: their content is then what `stash show` prints.
  return verb === 'stash' && hasFlag(flags, 'a', '--all') && !['list', 'drop', 'apply', 'branch'].includes(operands[0]?.text ?? '')
}

function touchPaths (verb: string, operands: readonly Field[], afterDashes: readonly Field[], words: readonly Field[], { facts, directories, stdin }: Invocation, sought: boolean): void {
  const changes = (CHANGING as readonly string[]).includes(verb)
  if (/^(?:apply|am)$/.test(verb)) facts.appliesPatch(directories)
  if (/^(?:apply|am)$/.test(verb)) {
    const patch = textOn(stdin)
    const strip = words.map(({ text }) => /^-p(\d+)$/.exec(text)?.[1]).find((digits) => digits !== undefined)
    for (const file of (patch === null ? null : patchedFiles(patch, Number(strip ?? 1))) ?? []) facts.touch(file, 'write', directories)
    if (isUnread(stdin) || isPatchOfAnything(operands, stdin, facts, directories)) facts.problem('inline-code')
  }
  if (changes) changedPaths(verb, operands, afterDashes, words).forEach((path) => facts.touch(asPattern(path), 'write', directories))
  const reads = verb === 'grep' && !sought ? operands.slice(1) : operands
  if ((changes && !['apply', 'am', 'stash'].includes(verb)) || NAMES_ONLY.has(verb)) return
  for (const operand of reads) {
    if (!operand.known) facts.problem('unknown-argument')
    else for (const part of partsOf(operand.text)) facts.touch(asPattern(literal(part)), 'read', directories)
  }
}

// `HEAD:.env` is a file of a commit, `a..b` a range of two, `:(glob)**` a pattern; `:!x` names what is left out.
function partsOf (operand: string): readonly string[] {
  if (/^:(?:[!^]|\([^)]*exclude)/.test(operand)) return []
  const plain = operand.replace(/^:\([^)]*\)|^:\/|^:[0-3]:|^:/, '')
  return plain.split(/:(?!\/)|\.{2,3}(?=[^./]|$)/).map((part) => part.replace(/^\^|(?:[~^]\d*)+$/g, '')) // `HEAD~2` and `^main` are revisions
}

// `git apply` and the like name their files in the patch, `git checkout BRANCH` in the commit: the change itself is judged later.
function changedPaths (verb: string, operands: readonly Field[], afterDashes: readonly Field[], words: readonly Field[]): readonly Field[] {
  if (verb === 'apply' && words.some(({ text }) => /^--(?:stat|check|numstat|summary)$/.test(text))) return []
  if (verb === 'stash' && ['list', 'show'].includes(operands[0]?.text ?? '')) return []
  if (verb === 'reset' && !words.some(({ text }) => /^--(?:hard|merge|keep)$/.test(text))) return []
  if (['checkout', 'restore', 'checkout-index'].includes(verb)) return [literal('.'), ...(afterDashes.length > 0 ? afterDashes : operands)]
  return [literal('.')]
}

function touchOption (verb: string, flag: string, value: Field, { facts, directories, script }: Invocation): void {
  if (['--output', '--output-directory'].includes(flag) || (flag === '-o' && verb !== 'ls-files')) facts.touch(value, 'write', directories)
  if (['--file', '--pathspec-from-file'].includes(flag) || (flag === '-F' && verb !== 'grep' && verb !== 'log')) { if (value.text !== '-') facts.touch(value, 'read', directories) }
  if (/^--(?:exclude-from|add-file|signature-file)$/.test(flag)) facts.touch(value, 'read', directories)
  if (['--strategy', '-s'].includes(flag) && verb !== 'restore' && !STRATEGIES.has(value.text)) facts.problem('configured-command')
  if ((flag === '--directory' && verb === 'apply') || (flag === '-f' && verb === 'config')) facts.touch(value, flag === '-f' ? 'read' : 'write', directories)
  // Of all that a patch changes, these.
  if (flag === '--include' && verb === 'apply') facts.touch(asPattern(value), 'write', directories)
  if (/^(?:blame|annotate)$/.test(verb) && /^-S$|^--(?:contents|ignore-revs-file)$/.test(flag)) facts.touch(value, 'read', directories)
  if (flag === '--blob') for (const part of partsOf(value.text)) facts.touch(literal(part), 'read', directories)
  if ((flag === '-t' && verb === 'commit') || (flag === '-f' && verb === 'grep')) facts.touch(value, 'read', directories)
  if (flag === '-L' && value.text.includes(':')) facts.touch(literal(value.text.slice(value.text.lastIndexOf(':') + 1)), 'read', directories) // `-L1,5:file`
  if (verb === 'rebase' && ['-x', '--exec'].includes(flag)) script(value)
}

// What was put aside is in no commit: unless the same command took it back before, `git stash drop` throws it away.
function stashed (step: string, facts: FactCollector): void {
  if (/^(?:pop|apply|branch)$/.test(step)) facts.holdsAside(false)
  else if (step === 'drop') { if (facts.isHoldingAside) facts.problem('data-loss') } else if (!/^(?:list|show|clear|create|store)$/.test(step)) facts.holdsAside(true)
}

// What everybody builds on is as good as shared configuration.
function deleted (operands: readonly Field[], flags: readonly string[], { facts, directories }: Invocation): void {
  if (!hasFlag(flags, 'd', '--delete') && !hasFlag(flags, 'D') && !hasFlag(flags, 'M', '--force') && !hasFlag(flags, 'f')) return
  // By force, those that no other branch holds too: which they are has to be said.
  const forced = hasFlag(flags, 'D') || hasFlag(flags, 'f', '--force')
  if (forced && operands.some(({ known, glob, foreign }) => !known || glob !== null || foreign === true)) facts.problem('data-loss')
  for (const { text } of operands) if (SHARED_BRANCH.test(text)) facts.touch(literal(`.git/refs/heads/${text}`), 'delete', directories)
}

// The command's own options (`sh -c`) belong to it, so it is taken from the words as they stand.
function bisect (operands: readonly Field[], words: readonly Field[], { facts, directories, run }: Invocation): void {
  const [step] = operands
  if (step?.text === 'run') run(words.slice(words.indexOf(step) + 1))
  else if (!['log', 'terms'].includes(step?.text ?? '')) facts.touch(literal('.'), 'write', directories)
}

function moved (operands: readonly Field[], { facts, directories }: Invocation): void {
  const target = operands.at(-1)
  for (const source of operands.slice(0, -1)) {
    facts.touch(source, 'delete', directories, true)
    if (target !== undefined) facts.touch({ ...target, text: `${target.text.replace(/\/$/, '')}/${source.text.split('/').at(-1) ?? ''}` }, 'write', directories)
  }
  if (target !== undefined) facts.touch(target, 'write', directories)
}

const EVERY_SETTING = /^\^?\(?[.\w]?[.*+?$)]*$|http|url|header|submodule/i

function config (operands: readonly Field[], flags: readonly string[], invocation: Invocation): void {
  const { facts, directories } = invocation
  const reads = flags.some((flag) => /^--(?:get|list|get-all|get-regexp|show-origin|name-only)$|^-l$/.test(flag)) || ['get', 'list'].includes(operands[0]?.text ?? '')
  const changes = flags.some((flag) => /^--(?:unset|add|replace|rename|remove|edit)|^-e$/.test(flag)) || ['set', 'unset', 'edit', 'rename-section', 'remove-section'].includes(operands[0]?.text ?? '')
  if (operands.some(({ text, known }) => !known || /credential|extraheader|token|passw|secret/i.test(text))) facts.problem('secret-variable')
  // Addresses of remotes and headers of requests, with the passwords in them: `http.extraHeader`.
  const all = flags.some((flag) => /^-l$|^--list$/.test(flag)) || operands[0]?.text === 'list' || (flags.includes('--get-regexp') && EVERY_SETTING.test(operands[0]?.text ?? ''))
  if (all && !invocation.narrowed && !flags.includes('--name-only')) facts.problem('secret-variable')
  if (!changes && (reads || operands.length < 2)) return
  facts.touch(literal(configFile(flags)), 'write', directories)
}

function configFile (flags: readonly string[]): string {
  return flags.includes('--global') ? '~/.gitconfig' : flags.includes('--system') ? '/etc/gitconfig' : '.git/config'
}

function remote (operands: readonly Field[], { facts, directories }: Invocation): void {
  const verb = operands[0]?.text ?? ''
  if ((['update', 'prune'].includes(verb) || (verb === 'show' && operands.length > 1)) && !operands.slice(1).every(({ text }) => OWN_REMOTE.test(text))) facts.network()
  if (['add', 'set-url', 'remove', 'rm', 'rename', 'set-head', 'set-branches'].includes(verb)) facts.touch(literal('.git/config'), 'write', directories)
}

function outputs (verb: string, { operands, flags }: Arguments, { facts, directories }: Invocation): void {
  const [first, second] = operands
  if (verb === 'worktree' && first?.text === 'add' && second !== undefined) facts.trees.keeping(() => { facts.touch(second, 'write', directories) })
  if (verb === 'worktree' && ['remove', 'move'].includes(first?.text ?? '') && second !== undefined) facts.touch(second, 'delete', directories, true)
  if (verb === 'worktree' && first?.text === 'move' && operands[2] !== undefined) facts.touch(operands[2], 'write', directories)
  if (verb === 'bundle' && first?.text === 'create' && second !== undefined) facts.touch(second, 'write', directories)
  // Another machine's files, or one of this folder that is in no commit.
  if (verb === 'archive' && flags.some((flag) => flag.startsWith('--rem'))) facts.network()
  if (verb === 'archive') for (const operand of operands) for (const part of partsOf(operand.text)) facts.touch(literal(part), 'read', directories)
  if (verb === 'clone') facts.touch(second ?? literal('.'), 'write', directories)
  if (verb === 'submodule' && ['add', 'update', 'init', 'set-url'].includes(first?.text ?? '')) facts.touch(literal('.gitmodules'), 'write', directories)
}

// Git expands patterns itself, quoted or not.
function asPattern (field: Field): Field {
  return field.glob === null && /[*?[]/.test(field.text) ? { ...field, glob: field.text } : field
}

export const GIT_EFFECTS: Readonly<Record<string, Effect>> = { git }
