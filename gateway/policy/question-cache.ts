import type { Decision } from '../core/decision.ts'
import type { Reads } from './syntax/input-reads.ts'

const GENERATION_ENTRIES = 4_096 // two generations are kept: at most 8,192 decisions of a few kilobytes each
const MAX_QUESTION_CHARS = 4_096 // longer questions are rare and do not come twice
const MAX_DEPTH = 8 // of lists and objects; what is nested deeper is rare, or has no end

/** What rules read of one input, step by step: see `createQuestionReader`. */
export type Question = readonly unknown[]

/** Decisions by what they follow from. One cache belongs to one policy and ends with it. */
export interface QuestionCache {
  get (question: Question): Decision | undefined
  /** Returns the decision. */
  set (question: Question, decision: Decision): Decision
}

// What a value is, in three bits. Only texts, numbers, and what has members have steps of their own.
const KIND = { missing: 0, null: 1, true: 2, false: 3, text: 4, number: 5, nested: 6, members: 7 } as const
const KIND_BITS = 3
const SHAPE_MEMBERS = 10 // what fits into a small integer

const LIST = Symbol('a list begins')
const RECORD = Symbol('an object begins')
const END = Symbol('a list or an object ends')
const WRITTEN = Symbol('the text of a value follows')

/** Pushes the steps of a value that is not told by its kind alone. @returns its kind */
type Push = (value: unknown, steps: unknown[]) => number

/**
 * Makes the reader of questions: two inputs give the same steps only if rules read the same of them. Steps are what the members
 * are, as bits of one number, and the values themselves: to put any text of them together takes twice as long.
 */
export function createQuestionReader (reads: Reads): (input: unknown) => Question {
  const push = pusherOf(reads)
  return (input) => {
    const steps: unknown[] = [0]
    steps[0] = push(input, steps)
    return steps
  }
}

function pusherOf (reads: Reads): Push {
  if (reads === 'all') return pushWhole
  const members = reads.map(([name, inner]) => ({ name, push: pusherOf(inner) }))
  // A member of this name cannot be looked up like others.
  if (members.some(({ name }) => name === '__proto__')) return pushWhole
  return (value, steps) => {
    if (!isRecord(value)) return pushWhole(value, steps)
    for (let from = 0; from < members.length; from += SHAPE_MEMBERS) {
      const at = steps.push(0) - 1
      let shape = 0
      for (let i = from; i < members.length && i < from + SHAPE_MEMBERS; i += 1) {
        const member = members[i]
        if (member !== undefined) shape = (shape << KIND_BITS) | member.push(value[member.name], steps)
      }
      steps[at] = shape
    }
    return KIND.members
  }
}

function pushWhole (value: unknown, steps: unknown[]): number {
  if (typeof value === 'string') {
    steps.push(value)
    return KIND.text
  }
  if (value === null) return KIND.null
  if (value === true) return KIND.true
  if (value === false) return KIND.false
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return KIND.null // as JSON has it
    steps.push(value) // 0 and -0 are one, as in JSON
    return KIND.number
  }
  return pushNested(value, steps, MAX_DEPTH) ? KIND.nested : KIND.missing
}

/** @returns whether JSON has the value: it has none for undefined and functions */
function pushNested (value: unknown, steps: unknown[], left: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) steps.push(value)
  else if (typeof value === 'number') steps.push(Number.isFinite(value) ? value : null)
  else if (typeof value !== 'object' || left === 0 || 'toJSON' in value) return pushWritten(value, steps)
  else if (Array.isArray(value)) pushList(value, steps, left)
  else if (isPlain(value)) pushRecord(value as Readonly<Record<string, unknown>>, steps, left)
  else return pushWritten(value, steps)
  return true
}

function pushWritten (value: unknown, steps: unknown[]): boolean {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return false
  steps.push(WRITTEN, text)
  return true
}

function pushList (values: readonly unknown[], steps: unknown[], left: number): void {
  steps.push(LIST)
  for (let i = 0; i < values.length; i += 1) if (!pushNested(values[i], steps, left - 1)) steps.push(null)
  steps.push(END)
}

function pushRecord (value: Readonly<Record<string, unknown>>, steps: unknown[], left: number): void {
  steps.push(RECORD)
  for (const name of Object.keys(value)) {
    const at = steps.push(name) - 1
    if (!pushNested(value[name], steps, left - 1)) steps.length = at
  }
  steps.push(END)
}

interface Leaf { readonly question: Question, decision: Decision }
/** Tells questions apart by one of their steps. */
interface Fork { readonly at: number, readonly next: Map<unknown, Node> }
type Node = Leaf | Fork

/** Forgets the least recently used half at a time: no list to keep in order on the hot path. */
export function createQuestionCache (): QuestionCache {
  let young: Fork = createFork(0)
  let old: Fork = createFork(0)
  let entries = 0
  function set (question: Question, decision: Decision): Decision {
    if (charsOf(question) > MAX_QUESTION_CHARS) return decision
    if (entries >= GENERATION_ENTRIES) {
      old = young
      young = createFork(0)
      entries = 0
    }
    entries += 1
    insert(young, { question, decision })
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

// Few forks, and one look at all steps in the end: a look-up for each step takes three times as long.
function find (root: Fork, question: Question): Decision | undefined {
  let node: Node | undefined = root
  while (node !== undefined && 'next' in node) node = node.next.get(question[node.at])
  return node !== undefined && difference(node.question, question) === -1 ? node.decision : undefined
}

function insert (root: Fork, leaf: Leaf): void {
  const { question } = leaf
  let fork = root
  for (;;) {
    const step = question[fork.at]
    const node = fork.next.get(step)
    if (node !== undefined && 'next' in node) {
      fork = node
      continue
    }
    const at = node === undefined ? -1 : difference(node.question, question)
    fork.next.set(step, node === undefined || at === -1 ? leaf : createFork(at, node, leaf))
    return
  }
}

/** The first step at which two questions differ, or -1. */
function difference (one: Question, other: Question): number {
  const length = Math.max(one.length, other.length)
  for (let at = 0; at < length; at += 1) if (one[at] !== other[at]) return at
  return -1
}

function createFork (at: number, ...leaves: readonly Leaf[]): Fork {
  return { at, next: new Map(leaves.map((leaf) => [leaf.question[at], leaf])) }
}

function charsOf (question: Question): number {
  return question.reduce<number>((sum, step) => sum + 1 + (typeof step === 'string' ? step.length : 0), 0)
}

function isPlain (value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
