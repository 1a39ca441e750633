import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'
import { isInput, type Stdin } from './invocation.ts'

// What shows changes as they are recorded, or a file as it is.
const SHOWS = /^(?:git|cat|zcat|gzip|xz|filterdiff|interdiff|combinediff)$/
const CHANGES_NAMES = /^--(?:src|dst|line)-prefix|^--output-indicator|^--format|^--pretty/

/** Whether a patch comes on the input whose files nobody can name: it may be of any, and the command itself may have made it. */
export function isPatchOfAnything (files: readonly Field[], stdin: Stdin, facts: FactCollector, directories: Directories): boolean {
  if (isRewritten(files.filter((file) => !isInput(file)), facts, directories)) return true
  const isPiped = files.every(isInput) && stdin.kind === 'piped' && (stdin.text ?? null) === null
  if (!isPiped && !files.some(({ text }) => text.startsWith('/dev/fd/'))) return false
  const [name = '', ...args] = stdin.kind === 'piped' ? stdin.from ?? [] : facts.startedBefore
  // A message or a file that is shown may hold a patch of its own, and what is named may be taken back.
  const [verb = '', ...words] = name === 'git' ? args.filter((arg) => !arg.startsWith('-') || arg === '--') : []
  if (/^(?:log|notes|cat-file|reflog|rev-list|whatchanged)$/.test(verb) || (verb === 'show' && words.some((word) => word.includes(':')))) return true
  if (name === 'cat' && !args.some((arg) => !arg.startsWith('-'))) return true
  if (isRewritten(args.filter((arg) => !arg.startsWith('-')).map(literal), facts, directories)) return true
  for (const path of words.filter((word) => word !== '--')) facts.touch(literal(path), 'write', directories)
  return !SHOWS.test(name) || args.some((arg) => CHANGES_NAMES.test(arg)) || args.includes('--no-index')
}

// What makes another text of the one it reads.
const REWRITES = /^(?:g?sed|[gmn]?awk|perl|tr|rev|base64|base32|basenc|xxd|jq|yq|envsubst|m4|cut|paste|openssl|iconv)$/

// A file that the same command wrote, with such a program in it.
function isRewritten (files: readonly Field[], facts: FactCollector, directories: Directories): boolean {
  return facts.hasStarted(REWRITES) && files.some((file) => directories.some((directory) => facts.hasWritten(file, directory)))
}
