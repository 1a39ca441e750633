import { GatewayError } from '../../core/errors.ts'
import { capabilitiesFile } from '../build.ts'
import type { Opa } from '../opa-binary.ts'
import { inputSchemaFile } from '../opa-schema.ts'
import { rejected, type Finding } from './finding.ts'

const MAX_ERRORS = '100'
const UNDEFINED_FUNCTION = /^undefined function (.+)$/

interface OpaError { readonly message?: string, readonly location?: { readonly file?: string, readonly row?: number, readonly col?: number } }

/**
 * What OPA's own strict check says against the modules of a folder: all of them, and once more without the tests against the
 * schema of the input, which tests break on purpose.
 *
 * @throws GatewayError WEIR_ERR_OPA_MISSING
 */
export async function compileErrors (opa: Opa, snapshot: string): Promise<readonly Finding[]> {
  const strict = ['--strict', '--bundle', '--capabilities', capabilitiesFile()]
  const found = await Promise.all([
    errorsIn(opa, snapshot, [...strict, '.']),
    errorsIn(opa, snapshot, [...strict, '--ignore', '*_test.rego', '--schema', inputSchemaFile(), '.']),
  ])
  return found.flat()
}

/**
 * What is wrong with files that do not parse. Asked file by file: of a bundle OPA reports them as one text without places.
 *
 * @param files relative to the folder
 */
export async function syntaxErrors (opa: Opa, snapshot: string, files: readonly string[]): Promise<readonly Finding[]> {
  if (files.length === 0) return []
  const found = await errorsIn(opa, snapshot, files.map((file) => `./${file}`))
  return found.map((finding) => ({ ...finding, code: 'syntax', file: finding.file.replace(/^\.\//, '') }))
}

async function errorsIn (opa: Opa, snapshot: string, args: readonly string[]): Promise<readonly Finding[]> {
  const ran = await opa.run(['check', '--format', 'json', '--max-errors', MAX_ERRORS, ...args], snapshot)
  if (ran.code === 0) return []
  return errorsOf(`${ran.stderr}${ran.stdout}`).map(({ message, location }) => {
    // Some errors (two data files that do not merge) have no place in a module.
    const place = { file: location?.file ?? '', row: location?.row ?? 1, col: Math.max(1, location?.col ?? 1) }
    return rejected('compile', place, sentence(message ?? 'OPA refuses this.'), hintFor(message ?? ''))
  })
}

/** The function that OPA does not know, when that is what an error says. */
export function undefinedFunction ({ message }: Finding): string | null {
  return UNDEFINED_FUNCTION.exec(message.replace(/\.$/, ''))?.[1] ?? null
}

function errorsOf (text: string): readonly OpaError[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly OpaError[] }
    if (Array.isArray(errors) && errors.length > 0) return errors as readonly OpaError[]
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy could not be checked: ${text.trim().slice(0, 4_096)}`, { cause })
  }
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'OPA refuses the policy without a reason.')
}

function sentence (message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}

const HINTS: ReadonlyArray<readonly [RegExp, string]> = [
  [/`?(if|contains|in|every)`? keyword|string cannot be used|var cannot be used for rule name/, 'Write `import rego.v1` below the package line, and `if` before each body.'],
  [/unsafe|is unsafe/, 'Bind the variable first, with := or some … in.'],
  [/undefined ref/, 'Nothing has this name: look at the import and the spelling.'],
  [/undefined function/, 'Nothing has this name: look at the import and the spelling.'],
  [/unused/, 'Remove it, or call it _ when its value does not matter.'],
  [/conflict/, 'Two rules give one name two values: join them with else, or make it a set.'],
  [/recursive|recursion/, 'A rule may not lead to itself.'],
]

function hintFor (message: string): string {
  return HINTS.find(([pattern]) => pattern.test(message))?.[1] ?? ''
}
