import type { Decision } from '../core/decision.ts'
import { writeWhole } from './input-writer.ts'
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

// What a value is, in three bits. Only texts, and members of what is read in part, have steps of their own.
const KIND = { missing: 0, null: 1, true: 2, false: 3, text: 4, number: 5, written: 6, members: 7 } as const
const KIND_BITS = 3
const SHAPE_MEMBERS = 10 // what fits into a small integer

/** Pushes the steps of a value that is not told by its kind alone. @returns its kind */
type Push = (value: unknown, question: Growing) => number

/**
 * Makes the reader of questions: two inputs give the same steps only if rules read the same of them. Steps are what the members
 * are, as bits of one number, and the values themselves. A text of them all, which could be looked up at once, takes twice as
 * long to put together, and a step for each null as long again.
 */
export function createQuestionReader (reads: Reads): (input: unknown) => Question {
  const push = pusherOf(reads)
  return (input) => {
    const question: Growing = { early: [0], late: [] }
    question.early[0] = push(input, question)
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
    const { early } = question
    for (let from = 0; from < members.length; from += SHAPE_MEMBERS) {
      const at = early.push(0) - 1
      let shape = 0
      for (let i = from; i < members.length && i < from + SHAPE_MEMBERS; i += 1) {
        const member = members[i]
        if (member !== undefined) shape = (shape << KIND_BITS) | member.push(value[member.name], question)
      }
      early[at] = shape
    }
    return KIND.members
  }
}

function pushWhole (value: unknown, { early, late }: Growing): number {
  if (typeof value === 'string') {
    early.push(value)
    return KIND.text
  }
  if (value === null) return KIND.null
  if (value === true) return KIND.true
  if (value === false) return KIND.false
  if (value === undefined) return KIND.missing
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return KIND.null // as JSON has it
    late.push(value) // a map takes -0 for 0, and so does JSON
    return KIND.number
  }
  const written = writeWhole(value)
  if (written === undefined) return KIND.missing
  late.push(written)
  return KIND.written
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
