import { effectTable, hasFlag, isUnread, splitGnuArguments, tail, textOn, type Effect, type Invocation } from '../programs/invocation.ts'
import type { Access } from '../../core/tool-call.ts'
import { checkEmptied, checkLoss, checkScrambled } from '../programs/data-loss.ts'
import { checkTruncated } from '../programs/emptied-files.ts'
import { checkDeleted, checkTakenAway, checkThrownAway, leavesProject } from '../programs/kept-folders.ts'
import { agentPatchedFiles, patchedFiles } from '../paths/patch-names.ts'
import { escapeGlob, literal, type Field } from '../shell/facts.ts'
import { isPatchOfAnything } from '../programs/patch-sources.ts'

/** Every operand after the first `skip` is touched in this way. */
function each (access: Access, valued: readonly string[] = [], skip = 0, tree: 'always' | 'never' | 'recursive' = 'never'): Effect {
  const options = new Set(valued)
  return ({ name, args, facts, directories }) => {
    const { operands, flags, values } = splitGnuArguments(args, options)
    const whole = tree === 'always' || (tree === 'recursive' && hasFlag(flags, 'R', '--recursive'))
    for (const operand of operands.slice(skip)) facts.touch(operand, access, directories, whole)
    if (access === 'delete') checkDeleted(operands, directories, facts)
    if (tree === 'always' && (name !== 'rm' || hasFlag(flags, 'r', '--recursive') || hasFlag(flags, 'R'))) checkThrownAway(operands, directories, facts)
    for (const { flag, value } of values) if (flag === '--reference') facts.touch(value, 'read', directories)
  }
}

const NO_OPTIONS: ReadonlySet<string> = new Set()
const COPY_VALUED: ReadonlySet<string> = new Set(['-t', '-S', '-m', '-o', '-g', '--target-directory', '--suffix', '--mode', '--owner', '--group', '--reply'])

/** Does what copies files; from the project into a working tree of it, they stay the project's, under the names that they have there. */
function copying (sources: readonly Field[], destination: Field, { name, facts, directories }: Invocation, copy: () => void): void {
  const nameOf = ({ text }: Field): string => text.replace(/\/+$/, '').replace(/^.*\//s, '')
  const isFolder = /\/\.?$/.test(destination.text) || directories.every((directory) => directory !== null && facts.trees.around(facts.placeOf(destination, directory)) === facts.placeOf(destination, directory))
  const isOwn = (source: Field): boolean => source.known && directories.every((directory) => directory !== null && /^\/workspace(?:\/|$)/.test(facts.placeOf(source, directory)) && !facts.hasWritten(source, directory))
  if (name === 'cp' && sources.every((source) => isOwn(source) && (isFolder || nameOf(source) === nameOf(destination)))) facts.trees.keeping(copy)
  else copy()
}

/** `cp`, `mv`, `ln` and `install`: sources, and a destination that may be a file or a folder that gets files of the same names. */
function transfer (source: Access): Effect {
  return (invocation) => {
    const { args, facts, directories, name } = invocation
    const { operands, values, flags } = splitGnuArguments(args, COPY_VALUED)
    if (name === 'install' && hasFlag(flags, 'd', '--directory')) return operands.forEach((made) => facts.touch(made, 'write', directories))
    const target = values.find(({ flag }) => flag === '-t' || flag === '--target-directory')?.value
    const sources = target === undefined && operands.length > 1 ? operands.slice(0, -1) : operands
    const destination = target ?? (operands.length > 1 ? operands.at(-1) : name === 'ln' ? literal('.') : undefined)
    const symbolic = name === 'ln' && hasFlag(flags, 's', '--symbolic')
    if (!symbolic) for (const operand of sources) facts.touch(operand, source, directories, source === 'delete')
    if (source === 'delete' && destination !== undefined && leavesProject(destination, directories, facts)) checkTakenAway(sources, directories, facts)
    if (values.some(({ flag, value }) => (flag === '-S' || flag === '--suffix') && value.text.includes('/'))) facts.problem('unknown-argument')
    // Whatever is written to it is gone.
    if (name !== 'mv' && sources.some(({ text }) => text === '/dev/null') && destination !== undefined) checkScrambled(destination, facts)
    if (source === 'read' && !symbolic) copiedWhole(sources, flags, invocation)
    if (destination === undefined) return
    // `mv "$f.tmp" "$f"` puts back what was made of it.
    if (destination.glob !== null && !sources.every((from) => from.text.startsWith(destination.text) || isRenamed(from, destination))) checkLoss([destination], directories, facts)
    for (const operand of sources) for (const place of [destination, within(destination, operand)]) facts.fills(place, directories)
    if (!destination.known) return facts.problem('unknown-argument')
    // `cp -r x/. y/` writes under names that are not told here.
    copying(sources, destination, invocation, () => {
      if (hasFlag(flags, 'r', '--recursive', '--archive') || hasFlag(flags, 'R') || hasFlag(flags, 'a') || !/(?:^|\/)\.{0,2}$/.test(destination.text)) facts.touch(destination, 'write', directories)
      for (const operand of sources) facts.touch(within(destination, operand), 'write', directories)
    })
    // A link can be read or written through later: what it leads to counts as much as where it stands.
    if (name === 'ln') for (const operand of sources) facts.touch(linkTarget(operand, destination, symbolic), 'write', directories, true)
  }
}

// `mv "$f" "${f%.js}.ts"`: each goes to a name of its own.
function isRenamed (from: Field, to: Field): boolean {
  const stem = (glob: string | null): string | undefined => /^(.*\*[\w-]*)(?:\.\w+)*$/.exec(glob ?? '')?.[1]
  return stem(from.glob) !== undefined && stem(from.glob) === stem(to.glob)
}

// A copy of everything is a copy of what hidden files hold, as an archive of everything is.
function copiedWhole (sources: readonly Field[], flags: readonly string[], { facts, directories }: Invocation): void {
  if (!hasFlag(flags, 'r', '--recursive', '--archive') && !hasFlag(flags, 'R') && !hasFlag(flags, 'a')) return
  for (const source of sources) for (const directory of directories) if (facts.placeOf(source, directory) === '/workspace') facts.touchHidden([directory])
}

const tee: Effect = ({ args, facts, directories, stdin }) => {
  const { operands, flags } = splitGnuArguments(args, NO_OPTIONS)
  if (!hasFlag(flags, 'a', '--append')) checkEmptied(operands, directories, facts)
  for (const operand of operands) {
    facts.touch(operand, 'write', directories)
    facts.fills(operand, directories)
    facts.writesText(operand, textOn(stdin) ?? '', directories)
  }
}

const UNREADABLE = /^0*[0-3]?\d{0,2}$|^[go]*[ua][ugoa]*(?:-[wxX]*r[rwxX]*|=[wxX]*)$|^-[wxX]*r[rwxX]*$/

// A file that runs with its owner's rights is never part of the work.
const chmod: Effect = (invocation) => {
  if (invocation.args.some(({ text }) => /^(?:[ugoa]*[-+=][rwxXt]*s[rwxXst]*|0?[2-7][0-7]{3})$/.test(text))) invocation.facts.problem('unknown-argument')
  // What its owner cannot read is gone for all who work on it.
  if (invocation.args.some(({ text }) => UNREADABLE.test(text))) checkEmptied(invocation.args, invocation.directories, invocation.facts)
  const asFlag = invocation.args.some(({ text }) => /^-[rwxXst]+$/.test(text)) // `chmod -x FILE`: the mode looks like an option
  invocation.facts.keepingTexts(() => { each('write', ['--reference'], asFlag ? 0 : 1, 'recursive')(invocation) })
}

const DD_FILES: Readonly<Record<string, Access>> = { 'if=': 'read', 'of=': 'write' }

const dd: Effect = ({ args, facts, directories }) => {
  for (const arg of args) {
    const access = DD_FILES[arg.text.slice(0, 3)]
    if (!arg.known) facts.problem('unknown-argument')
    else if (access !== undefined) facts.touch(tail(arg, 3), access, directories)
    if (access !== 'write') continue
    checkEmptied([tail(arg, 3)], directories, facts)
    facts.fills(tail(arg, 3), directories)
  }
}

const patch: Effect = ({ args, facts, directories, enter, stdin }) => {
  const { operands, flags, values } = splitGnuArguments(args, new Set(['-p', '-i', '-d', '-o', '-r', '-B', '-D', '-F', '-V', '-Y', '-z', '--input', '--directory', '--output', '--strip', '--reject-file']))
  const place = values.find(({ flag }) => flag === '-d' || flag === '--directory')?.value
  const places = place === undefined ? directories : enter(place)
  for (const { flag, value } of values) {
    if (flag === '-i' || flag === '--input') facts.touch(value, 'read', directories)
    if (['-o', '-r', '--output', '--reject-file'].includes(flag)) facts.touch(value, 'write', places)
    if (/^-[BYz]$/.test(flag) && value.text.includes('/')) facts.problem('unknown-argument')
  }
  // A script for `ed` can run what it likes.
  if (hasFlag(flags, 'e', '--ed')) facts.problem('inline-code')
  const strip = values.find(({ flag }) => flag === '-p' || flag === '--strip')?.value.text
  const patch = textOn(stdin)
  const named = patch === null ? [] : patchedFiles(patch, strip === undefined ? null : Number(strip))
  if (named === null || isUnread(stdin) || isPatchOfAnything([...operands.slice(1), ...values.flatMap(({ flag, value }) => flag === '-i' || flag === '--input' ? [value] : [])], stdin, facts, directories)) facts.problem('inline-code')
  for (const file of named ?? []) facts.touch(file, 'write', places)
  facts.appliesPatch(places)
  // What a patch in a file names is inside that file: it is judged when the change itself is.
  if (operands[0] === undefined) facts.touch(literal('.'), 'write', places)
  else facts.touch(operands[0], 'write', places)
  if (operands[1] !== undefined) facts.touch(operands[1], 'read', directories)
}

// The patch is its argument or its input, and is applied by the agent itself.
const agentPatch: Effect = ({ args, stdin, facts, directories }) => {
  const text = args.length === 0 ? textOn(stdin) : args.length === 1 ? args[0]?.text ?? null : null
  const files = text === null ? null : agentPatchedFiles(text)
  if (files === null) return facts.problem('inline-code')
  for (const file of files) facts.touch(file, 'write', directories)
}

const rsync: Effect = (invocation) => {
  const { args, facts, directories } = invocation
  const { operands, flags, values } = splitGnuArguments(args, new Set(['-e', '--rsh', '--exclude', '--include', '--filter', '-f', '--files-from', '--exclude-from', '--include-from', '--log-file', '--rsync-path', '-T', '--password-file']))
  if (flags.some((flag) => ['-e', '--rsh', '--rsync-path'].includes(flag))) facts.problem('inline-code')
  for (const { flag, value } of values) {
    if (/-from$|^--password-file$/.test(flag)) facts.touch(value, 'read', directories)
    if (flag === '--log-file') facts.touch(value, 'write', directories)
  }
  const remote = operands.filter(({ text }) => /^[^/]*:/.test(text))
  if (remote.length > 0) facts.network()
  const local = operands.map((operand) => remote.includes(operand) ? null : operand)
  const destination = local.at(-1)
  copiedWhole(local.slice(0, -1).flatMap((source) => source ?? []), flags, invocation)
  for (const source of local.slice(0, -1)) if (source !== null) facts.touch(source, 'read', directories)
  if (destination === null || destination === undefined) return
  facts.touch(destination, 'write', directories)
  for (const source of local.slice(0, -1)) if (source !== null) facts.touch(within(destination, source), 'write', directories)
  if (flags.some((flag) => /^--del/.test(flag))) deletesBelow(destination, invocation)
}

function deletesBelow (folder: Field, { facts, directories }: Invocation): void {
  checkThrownAway([folder], directories, facts)
  facts.touch(folder, 'delete', directories, true)
}

const split: Effect = ({ args, facts, directories }) => {
  const { operands, flags } = splitGnuArguments(args, new Set(['-a', '-b', '-C', '-l', '-n', '-t', '--filter', '--lines', '--bytes', '--number', '--suffix-length', '--additional-suffix']))
  if (flags.includes('--filter')) facts.problem('inline-code')
  const [input, prefix] = operands
  if (input !== undefined && input.text !== '-') facts.touch(input, 'read', directories)
  facts.touch(prefix ?? literal('x'), 'write', directories)
}

const makeTemporary: Effect = ({ args, facts, directories }) => {
  const { operands, values } = splitGnuArguments(args, new Set(['-p', '--tmpdir', '--suffix']))
  for (const { flag, value } of values) if (flag !== '--suffix') facts.touch(value, 'write', directories)
  for (const operand of operands) if (!/^-/.test(operand.text)) facts.touch(operand, 'write', directories)
}

export const FILE_EFFECTS = effectTable([
  ['rm trash del del-cli', each('delete', [], 0, 'always')],
  ['unlink rmdir', each('delete')],
  ['shred', each('delete', ['-n', '-s'])],
  ['rimraf', each('delete', ['-g'], 0, 'always')],
  ['tee sponge', tee],
  ['mkdirp', each('write')],
  ['touch', each('write', ['-d', '-t', '-r', '--date', '--reference'])],
  ['mkdir', each('write', ['-m', '--mode'])],
  ['truncate', (invocation) => { each('write', ['-s', '-r', '--size', '--reference'])(invocation); checkTruncated(invocation) }],
  ['fallocate', each('write', ['-l', '-o'])],
  ['mkfifo mknod', each('write', ['-m'])],
  ['chattr', each('write', [], 1)],
  ['setfacl', each('write', ['-m', '-x'])],
  ['chmod', chmod],
  ['chown chgrp', each('write', ['--reference'], 1, 'recursive')],
  ['cp ln link install cpx cpy', transfer('read')],
  ['mv', transfer('delete')],
  ['dd', dd],
  ['patch', patch],
  ['apply_patch applypatch', agentPatch],
  ['rsync', rsync],
  ['split csplit', split],
  ['mktemp', makeTemporary],
])

function within (folder: Field, source: Field): Field {
  const base = folder.text.replace(/\/+$/, '')
  const name = source.text.split('/').filter((part) => part !== '' && part !== '.' && part !== '..').at(-1) ?? 'x'
  const text = `${base}/${name}`
  const glob = source.glob === null && folder.glob === null ? null : `${folder.glob ?? escapeGlob(base)}/${(source.glob ?? escapeGlob(name)).split('/').at(-1) ?? name}`
  return { text, known: source.known && folder.known, glob }
}

// A symbolic link's target is relative to the folder of the link.
function linkTarget (source: Field, link: Field, symbolic: boolean): Field {
  if (!symbolic || /^[/~]/.test(source.text)) return source
  const folder = link.text.includes('/') ? link.text.slice(0, link.text.lastIndexOf('/') + 1) : ''
  return { ...source, text: `${folder}${source.text}` }
}
