import { Compile } from 'typebox/schema'
import type { ClassifyData } from '../../classify/classify-data.ts'
import { GatewayError } from '../../core/errors.ts'
import { dataProblems, type DataProblem } from './data-problems.ts'
import { DataSchema, type DataDocument } from './data-schema.ts'
import { misfits } from './misfits.ts'

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
  const raw = rawData(document)
  if (!validator.Check(raw)) refuse(misfits(raw, validator.Errors(raw)[1]))
  const problems = dataProblems(raw)
  if (problems.length > 0) refuse(problems)
  return deepFreeze({ ...raw, path_classes: raw.paths.classes, programs: { ...raw.programs, network: Object.keys(raw.programs.network) } })
}

/** Everything that `policyData` would refuse a data document for. */
export function problemsOfData (document: Readonly<Record<string, unknown>>): readonly DataProblem[] {
  const raw = rawData(document)
  return validator.Check(raw) ? dataProblems(raw) : misfits(raw, validator.Errors(raw)[1])
}

function rawData (document: Readonly<Record<string, unknown>>): unknown {
  const weir = document['weir']
  return typeof weir === 'object' && weir !== null && 'data' in weir ? weir.data : null
}

function refuse (found: readonly DataProblem[]): never {
  const problems = [...new Set(found.map(({ text }) => text))]
  const more = problems.length > MAX_NAMED ? `; and ${problems.length - MAX_NAMED} more` : ''
  throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The policy data are not valid: ${problems.slice(0, MAX_NAMED).join('; ')}${more}.`)
}

function deepFreeze<T> (value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
