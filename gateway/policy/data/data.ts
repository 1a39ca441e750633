import { Compile } from 'typebox/compile'
import type { ClassifyData } from '../../classify/classify-data.ts'
import { GatewayError } from '../../core/errors.ts'
import { dataProblems } from './data-problems.ts'
import { DataSchema, type DataDocument } from './data-schema.ts'

const MAX_NAMED = 5 // of many problems the first few: one wrong brace can make hundreds

/** The data that rules and classification read: everything below `weir/data` in the policy folder. */
export type PolicyData = Omit<DataDocument, 'programs'> & ClassifyData & {
  readonly programs: Omit<DataDocument['programs'], 'network'> & ClassifyData['programs']
}

const validator = Compile(DataSchema)

/**
 * The policy data in a bundle's data document.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD naming the places, when data are missing, of the wrong shape, or contradict each other
 */
export function policyData (document: Readonly<Record<string, unknown>>): PolicyData {
  const weir = document['weir']
  const raw: unknown = typeof weir === 'object' && weir !== null && 'data' in weir ? weir.data : null
  if (!validator.Check(raw)) refuse(misfits(raw))
  const problems = dataProblems(raw)
  if (problems.length > 0) refuse(problems)
  return deepFreeze({ ...raw, path_classes: raw.paths.classes, programs: { ...raw.programs, network: Object.keys(raw.programs.network) } })
}

function misfits (raw: unknown): readonly string[] {
  const found = validator.Errors(raw).map(({ keyword, instancePath, message }) => {
    if (keyword === 'boolean') return `weir/data${instancePath} is no key that the data have`
    // Reported key by key as 'boolean'; a missing section is one of them too.
    return keyword === 'additionalProperties' ? null : `weir/data${instancePath} ${message}`
  })
  return [...new Set(found.filter((problem) => problem !== null))]
}

function refuse (problems: readonly string[]): never {
  const more = problems.length > MAX_NAMED ? `; and ${problems.length - MAX_NAMED} more` : ''
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy data are not valid: ${problems.slice(0, MAX_NAMED).join('; ')}${more}.`)
}

function deepFreeze<T> (value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
