import type { Decision } from '../core/decision.ts'
import type { Reads } from './syntax/input-reads.ts'

const GENERATION_ENTRIES = 4_096 // two generations are kept: at most 8,192 decisions of a few kilobytes each
const MAX_QUESTION_CHARS = 4_096 // longer questions are rare and do not come twice

/** What rules read of one input, as the way to its answer in a tree: see `createQuestionReader`. */
export interface Question {
  /** What seldom changes from one question to the next. */
  readonly early: readonly unknown[]
  /** Lists, objects and numbers, which often do: behind the others, so that one more question needs few more branches. */
  readonly late: readonly unknown[]
}

/** Decisions by what they follow from. One cache belongs to one policy and ends with it. */
export interface QuestionCache {
  get (question: Question): Decision | undefined
  /** Returns the decision. */
  set (question: Question, decision: Decision): Decision
}

interface Branch { readonly next: Map<unknown, Branch>, decision: Decision | undefined }
interface Growing { readonly early: unknown[], readonly late: unknown[] }
type Push = (value: unknown, question: Growing) => void

const MEMBERS = Symbol('the members of an object')
const LATER = Symbol('a value that stands in late')

/**
 * Makes the reader of questions: two inputs give the same steps only if rules read the same of them. The steps are the values
 * themselves. A text of them all, which could be looked up at once, takes twice as long to put together.
 */
export function createQuestionReader (reads: Reads): (input: unknown) => Question {
  const push = pusherOf(reads)
  return (input) => {
    const question: Growing = { early: [], late: [] }
    push(input, question)
    return question
  }
}

function pusherOf (reads: Reads): Push {
  if (reads === 'all') return pushWhole
  const members = reads.map(([name, inner]) => ({ name, push: pusherOf(inner) }))
  // A member of this name cannot be looked up like others.
  if (members.some(({ name }) => name === '__proto__')) return pushWhole
  return (value, question) => {
    if (!isRecord(value)) return pushWhole(value, question)
    question.early.push(MEMBERS)
    for (const { name, push } of members) push(value[name], question)
  }
}

function pushWhole (value: unknown, question: Growing): void {
  if (typeof value === 'string' || value === null || typeof value === 'boolean') question.early.push(value)
  else if (typeof value === 'number') pushNumber(value, question)
  else pushText(JSON.stringify(value), question)
}

function pushNumber (value: number, { early, late }: Growing): void {
  const isWritten = Number.isFinite(value) // JSON has null for the others
  early.push(isWritten ? LATER : null)
  if (isWritten) late.push(value) // a map takes -0 for 0, and so does JSON
}

function pushText (text: string | undefined, { early, late }: Growing): void {
  early.push(text === undefined ? undefined : LATER)
  if (text !== undefined) late.push(text)
}

/** Forgets the least recently used half at a time: no list to keep in order on the hot path. */
export function createQuestionCache (): QuestionCache {
  let young = createBranch()
  let old = createBranch()
  let entries = 0
  function set (question: Question, decision: Decision): Decision {
    if (charsOf(question) > MAX_QUESTION_CHARS) return decision
    if (entries >= GENERATION_ENTRIES) {
      old = young
      young = createBranch()
      entries = 0
    }
    entries += 1
    endOf(young, question).decision = decision
    return decision
  }
  return {
    set,
    get (question) {
      const known = find(young, question)
      if (known !== undefined) return known
      const older = find(old, question)
      if (older !== undefined) set(question, older)
      return older
    },
  }
}

function find (root: Branch, { early, late }: Question): Decision | undefined {
  let branch: Branch | undefined = root
  for (const step of early) {
    branch = branch.next.get(step)
    if (branch === undefined) return undefined
  }
  for (const step of late) {
    branch = branch.next.get(step)
    if (branch === undefined) return undefined
  }
  return branch.decision
}

function endOf (root: Branch, { early, late }: Question): Branch {
  return [...early, ...late].reduce<Branch>((branch, step) => {
    const next = branch.next.get(step) ?? createBranch()
    branch.next.set(step, next)
    return next
  }, root)
}

function createBranch (): Branch {
  return { next: new Map(), decision: undefined }
}

function charsOf ({ early, late }: Question): number {
  return [...early, ...late].reduce<number>((sum, step) => sum + (typeof step === 'string' ? step.length : 0), 0)
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
