import { splitArguments } from '../programs/invocation.ts'
import type { Directories, FactCollector, Field } from './facts.ts'

// As a word of the shell, `time` measures what changes the shell itself.
const PREFIX = /^(?:builtin|command|time)$/
const MAX_DIRECTORIES = 8 // possible places of one command; beyond, none is known

/** Where `cd` and its like lead from each directory; null when these words change no directory. `pushed` collects what `popd` and `cd -` return to. */
export function enterDirectory (words: readonly Field[], directories: Directories, facts: FactCollector, pushed: Set<string | null>): Directories | null {
  const [head, ...rest] = skipPrefixes(words)
  if (head === undefined || !['cd', 'pushd', 'popd', 'chdir'].includes(head.text)) return null
  const { operands, flags } = splitArguments(rest, new Set())
  const [target] = operands
  // Any place that was left so far may be the last one.
  if (head.text === 'cd' && target?.text === '-' && rest.length === 1 && pushed.size > 0) return back(directories, pushed)
  // Every place that anything was pushed from: one of them is where the shell returns to.
  if (head.text === 'popd' && rest.length === 0 && pushed.size > 0) return back(directories, pushed)
  for (const directory of directories) pushed.add(directory)
  if (head.text === 'popd' || (head.text !== 'cd' && (flags.length > 0 || /^[-+]/.test(target?.text ?? ''))) || (target === undefined && head.text === 'pushd')) return unknownPlace(facts)
  return enter(target ?? { text: '~', known: true, glob: null }, directories, facts)
}

function back (directories: Directories, left: Set<string | null>): Directories {
  const places = [...left]
  for (const directory of directories) left.add(directory)
  return places
}

/** The directory that a word names, from each of these. */
export function enter (target: Field, directories: Directories, facts: FactCollector): Directories {
  if (!target.known || target.text === '-' || hidesPlace(target)) return unknownPlace(facts)
  if (directories.length > MAX_DIRECTORIES) return unknownPlace(facts)
  return [...new Set(directories.map((directory) => step(directory, target.text)))]
}

// `cd packages/*` leads to some ordinary folder; its pattern stands for it. One that could match `..` or `.git` does not.
function hidesPlace ({ glob }: Field): boolean {
  return glob !== null && !glob.replace(/^\.\//, '').split('/').every((part) => /^(?:[\w@*][\w@*.-]*)?$/.test(part))
}

function unknownPlace (facts: FactCollector): Directories {
  facts.problem('unknown-directory')
  return [null]
}

function skipPrefixes (words: readonly Field[]): readonly Field[] {
  const isPrefixed = PREFIX.test(words[0]?.text ?? '')
  const at = words.findIndex(({ text }) => !PREFIX.test(text) && !(isPrefixed && /^(?:-p|--)$/.test(text)))
  return at < 0 ? [] : words.slice(at)
}

// `cd` drops `..` from the text before it looks at links (its -L default), so the same is done here.
function step (directory: string | null, target: string): string | null {
  if (target.startsWith('~')) return target
  if (target.startsWith('/')) return dropDots(target)
  return directory === null ? null : dropDots(`${directory}/${target}`)
}

function dropDots (path: string): string {
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return path.startsWith('~') ? kept.join('/') : `/${kept.join('/')}`
}
