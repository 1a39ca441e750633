import type { Assignment } from './scope.ts'
import { descendants, type Syntax } from './syntax.ts'

/** What of a text may run again, or at a time that its place does not tell. */
export interface Flow {
  /** Loops and functions. */
  readonly repeats: readonly Syntax[]
  /** Whether values change only where it is written, and every assignment takes effect. */
  readonly isSteady: boolean
}

const REPEATS: ReadonlySet<string> = new Set(['while_statement', 'for_statement', 'c_style_for_statement', 'function_definition'])
const FUNCTION = 'function_definition'

// They change values at any time, refuse new ones, or set others.
const UNSTEADY = /\b(?:trap|readonly|declare|typeset|local|eval|source|coproc|mapfile|readarray|shopt|enable)\b|(?:^|[;&|\n])\s*\.\s/

// Names whose values the shell itself makes.
const OWN_NAME = /^(?:PWD|OLDPWD|REPLY|OPTARG|OPTIND|SECONDS|RANDOM|SRANDOM|LINENO|DIRSTACK|GROUPS|HOSTNAME|PIPESTATUS|FUNCNAME|MAPFILE|COPROC|EPOCH\w*|HIST\w*|COMP\w*|BASH\w*|SHELL\w*|IFS|PATH|_)$/

export function flowOf (root: Syntax): Flow {
  return { repeats: descendants(root, REPEATS), isSteady: !UNSTEADY.test(root.text) }
}

/** The assignments whose values can still be there at a use: none that comes behind it, and none that surely was replaced before it. */
export function reaching (use: Syntax, assignments: readonly Assignment[]): readonly Assignment[] {
  const [first] = assignments
  if (first === undefined || assignments.length < 2 || !first.flow.isSteady || OWN_NAME.test(first.name)) return assignments
  const around = first.flow.repeats.filter((repeat) => isWithin(use, repeat))
  // A function may be called at any time behind it.
  if (around.some(({ type }) => type === FUNCTION)) return assignments
  const inFunction = ({ start }: Assignment): boolean => first.flow.repeats.some((repeat) => repeat.type === FUNCTION && repeat.start <= start && start < repeat.end)
  if (assignments.some(inFunction)) return assignments
  const seen = assignments.filter(({ start }) => start <= use.start || around.some((repeat) => repeat.start <= start && start < repeat.end))
  // In a loop, what comes behind the use was there before it the next time.
  const last = seen.filter((assignment) => isPlain(assignment) && assignment.start < use.start && !(assignment.value !== null && isWithin(use, assignment.value))).at(-1)
  return last === undefined || around.length > 0 ? seen : seen.filter(({ start }) => start >= last.start)
}

// It stands for itself, on its own, and gives the value that is written: what has to be worked out first can fail.
function isPlain ({ container, value, loop, reader, fallback, items, passing }: Assignment): boolean {
  return container === null && value !== null && !loop && reader === null && fallback !== true && items === undefined && passing !== true && !/\$[({]|`/.test(value.text)
}

function isWithin ({ start, end }: Syntax, outer: Syntax): boolean {
  return outer.start <= start && end <= outer.end
}
