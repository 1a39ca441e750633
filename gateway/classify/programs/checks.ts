import type { ShellProgram } from '../../core/tool-call.ts'
import type { CheckData, CheckRule } from '../classify-data.ts'

/**
 * Whether a program start only looks at the project or checks it, as data know its programs: a linter without its option
 * that mends, a test runner, `git branch --list`. An option that the data do not name may be the one that writes.
 */
export function isCheck (program: ShellProgram, all: readonly ShellProgram[], data: CheckData): boolean {
  const rules = Object.hasOwn(data.commands, program.name) ? data.commands[program.name] : undefined
  return rules?.some((rule) => fits(program.argv.slice(1), rule)) === true || startsCheck(program, all, data)
}

/** What starts another program and does nothing beside (`npx eslint src`, `poetry run pytest`): that program is judged by itself. */
function startsCheck ({ argv }: ShellProgram, all: readonly ShellProgram[], { starters }: CheckData): boolean {
  return starters.some((starter) => starter.every((word, at) => argv[at] === word) && all.some((other) => sameWords(other.argv, argv.slice(starter.length))))
}

function sameWords (one: readonly string[], other: readonly string[]): boolean {
  return one.length > 0 && one.length === other.length && one.every((word, at) => word === other[at])
}

function fits (args: readonly string[], rule: CheckRule): boolean {
  const { words = [], needs, operands } = rule
  const read = readArguments(args, rule)
  if (read === null || !words.every((word, at) => read.operands[at] === word)) return false
  if (needs !== undefined && !needs.some((option) => read.options.has(option))) return false
  return operands === undefined || read.operands.slice(words.length).every((word) => operands.includes(word))
}

interface Arguments { readonly options: ReadonlySet<string>, readonly operands: readonly string[] }

/** @returns null when an option is not one that the rule names */
function readArguments (args: readonly string[], rule: CheckRule): Arguments | null {
  const options = new Set<string>()
  const operands: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? ''
    if (!arg.startsWith('-') || arg === '-') operands.push(arg)
    else if (arg !== '--') {
      const named = namedOptions(arg, rule)
      if (named === null || isSwitchedOff(arg, args[at + 1])) return null
      for (const name of named) options.add(name)
      if (rule.values?.includes(arg) === true) at += 1
    }
  }
  return { options, operands }
}

/** `--noEmit false`, `-check=false`: it is there, and says the opposite. */
function isSwitchedOff (arg: string, next: string | undefined): boolean {
  return next === 'false' || /=(?:false|0)$/.test(arg)
}

/** The option itself, with its value, or letters that are written together (`-xvs`, `-n4`). */
function namedOptions (arg: string, { options = [], values = [] }: CheckRule): readonly string[] | null {
  const name = arg.slice(0, arg.includes('=') ? arg.indexOf('=') : arg.length)
  if (options.includes(arg) || options.includes(name) || values.includes(name)) return [name]
  const [, letters] = /^-([A-Za-z]+)[0-9]*$/.exec(arg) ?? []
  const each = [...letters ?? ''].map((letter) => `-${letter}`)
  return each.length > 0 && each.every((letter) => options.includes(letter)) ? each : null
}
