import { dataPlaces, nearestPlace } from '../data/data-places.ts'
import { problemsOfData } from '../data/data.ts'
import type { DataProblem } from '../data/data-problems.ts'
import type { PolicyFolder } from '../policy-folder.ts'
import { rejected, type Finding } from './finding.ts'
import { nearestWord } from './nearest-word.ts'

const DATA_FILE = 'data.json'
const MAX_KNOWN = 12 // names in a hint

type Branch = Record<string, unknown>

/**
 * What a gateway would refuse the data of a folder for, each at its line. What stands nowhere (a section that is missing) and data that
 * OPA cannot join are left to who loads them.
 */
export function dataFindings (folder: PolicyFolder): readonly Finding[] {
  const document = joined(folder)
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

/** The data files as one document, as OPA joins them; null when they are not JSON or contradict each other. */
function joined ({ files }: PolicyFolder): Branch | null {
  const root = branch()
  for (const [file, text] of files) {
    if (file !== DATA_FILE && !file.endsWith(`/${DATA_FILE}`)) continue
    const value = parsed(text)
    if (!isBranch(value)) return null
    let at = root
    for (const step of file.split('/').slice(0, -1)) {
      const next = at[step] ??= branch()
      if (!isBranch(next)) return null
      at = next
    }
    if (!join(at, value)) return null
  }
  return root
}

function join (into: Branch, from: Branch): boolean {
  return Object.entries(from).every(([key, value]) => {
    const known = into[key]
    if (known === undefined) {
      into[key] = value
      return true
    }
    return isBranch(known) && isBranch(value) && join(known, value)
  })
}

// Without a prototype: the keys are an author's, and `__proto__` is one.
function branch (): Branch {
  return Object.create(null) as Branch
}

function isBranch (value: unknown): value is Branch {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // OPA names the line when it compiles
  }
}
