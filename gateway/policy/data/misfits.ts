import type { DataProblem } from './data-problems.ts'
import { DataSchema } from './data-schema.ts'

/** What the schema's validator says of one place. */
export interface SchemaError { readonly keyword: string, readonly instancePath: string, readonly schemaPath: string, readonly message: string, readonly params: object }

/** What the validator found, in the words of Weir. */
export function misfits (raw: unknown, errors: readonly SchemaError[]): readonly DataProblem[] {
  // Reported key by key as 'boolean'; a missing section is one of them too.
  return errors.filter(({ keyword }) => keyword !== 'additionalProperties').map((error) => problemOf(raw, error))
}

function problemOf (raw: unknown, { keyword, instancePath, schemaPath, message, params }: SchemaError): DataProblem {
  const steps = instancePath.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (keyword === 'boolean') {
    return { steps, text: `weir/data${instancePath} is no key that the data have`, ...choice(steps.at(-1), keysAt(schemaPath)) }
  }
  const text = `weir/data${instancePath} ${message}`
  return keyword === 'enum' ? { steps, text, ...choice(memberAt(raw, steps), 'allowedValues' in params ? params.allowedValues : undefined) } : { steps, text }
}

function choice (word: unknown, known: unknown): Pick<DataProblem, 'word' | 'known'> {
  return typeof word === 'string' && Array.isArray(known) ? { word, known: known.filter((name) => typeof name === 'string') } : {}
}

/** The keys that the object has whose `additionalProperties` are at this place of the schema. */
function keysAt (schemaPath: string): readonly string[] {
  const properties = memberAt(DataSchema, [...schemaPath.split('/').slice(1, -1), 'properties'])
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
}

function memberAt (value: unknown, steps: readonly string[]): unknown {
  let member = value
  for (const step of steps) {
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, step)) return undefined
    member = (member as Readonly<Record<string, unknown>>)[step]
  }
  return member
}
