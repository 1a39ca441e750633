import { literal, type Directories, type FactCollector, type Field } from '../shell/facts.ts'

const ALWAYS = /^(?:pyupgrade|add-trailing-comma|sort-package-json|dos2unix|unix2dos|mdformat|rufo|doctoc)$/
const TOLD = /^(?:codespell|autopep8|markdownlint|markdownlint-cli2|dprint|jsonlint|standardrb|taplo|ktlint|perltidy|typos|misspell|eclint|yamlfmt)$/
const WRITES = /^(?:-w|-i|-b|-F|-A|--fix|--write|--write-changes|--in-place|--inplace|fmt|format|fix)$/

/** Records the files that a formatter writes over: by their names alone they would count as read. */
export function checkRewritten (name: string, args: readonly Field[], directories: Directories, facts: FactCollector): void {
  if (!ALWAYS.test(name) && !(TOLD.test(name) && args.some(({ text }) => WRITES.test(text)))) return
  for (const arg of args) if (arg.known && /^(?!-)[^\s=]*\.\w+$/.test(arg.text)) facts.touch(arg, 'write', directories)
  if (name === 'sort-package-json' && args.length === 0) facts.touch(literal('package.json'), 'write', directories)
}
