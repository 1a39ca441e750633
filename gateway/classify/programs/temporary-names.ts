import { splitGnuArguments } from './invocation.ts'
import { literal, type Field } from '../shell/facts.ts'

const VALUED: ReadonlySet<string> = new Set(['--suffix'])
const FLAGS = /^-[dqt]+$|^--(?:directory|quiet|suffix)$/
const TEMPLATE = /^[\w.-]*XXX[\w.-]*$/

/**
 * The path that `mktemp` makes and prints, with its letters still to be drawn. Null where it could fail to make one: the variable
 * would be empty then, and `cd "$T" && rm -rf *` would be about the folder it stands in.
 */
export function temporaryName (args: readonly Field[]): Field | null {
  if (!args.every(({ known, glob }) => known && glob === null)) return null
  const { operands, flags, values } = splitGnuArguments(args, VALUED)
  const [template, ...more] = operands
  const suffix = values.map(({ value }) => value.text).join('')
  if (more.length > 0 || !flags.every((flag) => FLAGS.test(flag)) || !/^[\w.-]*$/.test(suffix)) return null
  if (template === undefined) return literal(`/tmp/tmp.XXXXXXXXXX${suffix}`)
  const below = flags.some((flag) => /^-[dq]*t/.test(flag)) ? template.text : /^\/tmp\/([^/]+)$/.exec(template.text)?.[1] ?? ''
  return TEMPLATE.test(below) ? literal(`/tmp/${below}${suffix}`) : null
}
