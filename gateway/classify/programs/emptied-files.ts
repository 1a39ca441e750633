import { checkEmptied, isCode } from './data-loss.ts'
import { splitGnuArguments, type Invocation } from './invocation.ts'
import { isPassing } from './kept-folders.ts'
import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

// What prints nothing, or an empty line: a file that gets it has nothing left. Without a command the shell only opens it.
const SILENT = /^(?:|:|true|false|exec|cat (?:< ?)?\/dev\/null|printf (?:''|""|'\\n'|"\\n")|echo(?: -n)?(?: (?:''|""|" "|' '))?|head -[cn] ?0 \S{1,200})$/

/** Whether a command leaves the file empty that its output goes to. */
export function printsNothing (command: string): boolean { return SILENT.test(command.trim()) }

/** Records the loss of a file of code that is emptied, unless the same command made its folder, or fills it again: `said` is all of its text. */
export function checkEmptiedFile (file: Field, directories: Directories, facts: FactCollector, said = ''): void {
  if (!isCode(file) || isFilledAgain(file.text, said)) return
  const at = file.text.lastIndexOf('/')
  for (const directory of directories) {
    const place = facts.placeOf(file, directory)
    if (!place.startsWith('/workspace/') || isPassing(place.slice('/workspace/'.length))) continue
    if (at <= 0 || !facts.hasWritten(literal(file.text.slice(0, at)), directory)) facts.problem('data-loss')
  }
}

/** The same for what `truncate` is given, with no more than nothing left of it. */
export function checkTruncated ({ args, directories, facts }: Invocation): void {
  const { operands, values } = splitGnuArguments(args, new Set(['-s', '-r', '--size', '--reference']))
  checkEmptied(operands, directories, facts)
  if (values.some(({ value }) => /^<?0+$/.test(value.text))) for (const file of operands) checkEmptiedFile(file, directories, facts)
}

function isFilledAgain (name: string, said: string): boolean {
  return said.split(/>>|tee -a/).slice(1).some((rest) => rest.trimStart().replace(/^["']/, '').startsWith(name))
}
