import { dataPlaces, nearestPlace } from '../data/data-places.ts'
import { problemsOfData } from '../data/data.ts'
import { dataFaults } from '../data/data-faults.ts'
import type { DataProblem } from '../data/data-problems.ts'
import { joinData } from '../data/join-data.ts'
import type { PolicyFolder } from '../policy-folder.ts'
import { rejected, type Finding } from './finding.ts'
import { nearestWord } from './nearest-word.ts'

const MAX_KNOWN = 12 // names in a hint

/**
 * What a gateway would refuse the data of a folder for, each at its line. What stands nowhere (a section that is missing) and data that
 * OPA cannot join are left to who loads them.
 */
export function dataFindings (folder: PolicyFolder): readonly Finding[] {
  const faults = dataFaults(folder.files)
  if (faults.length > 0) return faults.map(({ text, ...place }) => rejected('data', place, text, 'Readers would differ in what such text says, so none is asked.'))
  const document = joinData(folder.files)
  if (document === null) return []
  const find = dataPlaces(folder.files)
  return problemsOfData(document).flatMap((problem) => {
    const place = nearestPlace(find, problem.steps)
    return place === null ? [] : [rejected('data', place, `${problem.text}.`, hintOf(problem))]
  })
}

function hintOf ({ word, known = [] }: DataProblem): string {
  if (word === undefined || known.length === 0) return 'See policies/data.schema.json.'
  const near = nearestWord(word, known)
  if (near !== null) return `Did you mean ${near}?`
  return known.length <= MAX_KNOWN ? `There are: ${known.join(', ')}.` : 'See policies/data.schema.json.'
}
