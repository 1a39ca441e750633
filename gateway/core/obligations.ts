import { FINDING_KINDS, type FindingKind } from './finding.ts'
import type { PolicyInput } from './policy-input.ts'

/** How a call is changed before it is allowed. Closed, and small: each one can be carried out without guessing at shell text. */
export const OPERATIONS = ['set', 'remove', 'add-flag', 'redact'] as const

/**
 * One change of a call. `set` and `remove` speak of one of its arguments by name; `add-flag` puts an option behind a command that starts
 * exactly one program; `redact` blanks what looks like secrets, or like the private data that policy data name, in all of its arguments.
 */
export type Operation =
  | { readonly op: 'set', readonly arg: string, readonly value: string | number | boolean }
  | { readonly op: 'remove', readonly arg: string }
  | { readonly op: 'add-flag', readonly flag: string }
  | { readonly op: 'redact', readonly kind: FindingKind }

/**
 * What an allow is bound to. `own_only` (routes): the caller sees only what the same actor did or asked for. `modify` (tool calls): the
 * call is changed, decided again, and only then passes. `redact` (model requests): the findings with these names are blanked.
 */
export interface Obligations {
  readonly own_only?: boolean
  readonly modify?: readonly Operation[]
  readonly redact?: readonly string[]
}

export const NO_OBLIGATIONS: Obligations = Object.freeze({})

export const OBLIGATION_LIMITS = { operations: 16, redactions: 64, textChars: 200 } as const

export const ARGUMENT_NAME = '^[A-Za-z][A-Za-z0-9_.-]{0,63}$'
/** No character that a shell takes for anything but itself. */
export const FLAG = '^--?[A-Za-z0-9][A-Za-z0-9._=:/,@+-]{0,127}$'
export const FINDING_NAME = '^[a-z0-9_.-]{1,64}$'

const ARGUMENT_NAMES = new RegExp(ARGUMENT_NAME)
const FLAGS = new RegExp(FLAG)
const FINDING_NAMES = new RegExp(FINDING_NAME)

const KIND_OF: Readonly<Record<keyof Obligations, PolicyInput['kind']>> = { own_only: 'route', modify: 'tool-call', redact: 'model-request' }

/** What policy obliges to, checked; null when a part of it is not known or malformed: what is not understood can not be carried out. */
export function obligationsOf (value: unknown): Obligations | null {
  if (!isRecord(value)) return null
  const members = Object.entries(value)
  if (members.length === 0) return NO_OBLIGATIONS
  return members.every(([name, member]) => isObligation(name, member)) ? value : null
}

/** Whether every obligation is one of those that an answer to this kind of question can have. */
export function fitKind (obligations: Obligations, kind: PolicyInput['kind']): boolean {
  return Object.keys(obligations).every((name) => KIND_OF[name as keyof Obligations] === kind)
}

/** The change in words, for people and models. */
export function inWords (operations: readonly Operation[]): string {
  return operations.map(wordsOf).join(', ')
}

function wordsOf (operation: Operation): string {
  switch (operation.op) {
    case 'set': return `${operation.arg} must be ${JSON.stringify(operation.value)}`
    case 'remove': return `${operation.arg} must be left out`
    case 'add-flag': return `the command needs the option ${operation.flag}`
    case 'redact': return operation.kind === 'secret' ? 'it must hold no secrets' : 'it must hold no private data'
  }
}

function isObligation (name: string, value: unknown): boolean {
  if (name === 'own_only') return typeof value === 'boolean'
  if (name === 'modify') return isListOf(value, OBLIGATION_LIMITS.operations, isOperation)
  return name === 'redact' && isListOf(value, OBLIGATION_LIMITS.redactions, (entry) => typeof entry === 'string' && FINDING_NAMES.test(entry))
}

function isOperation (value: unknown): boolean {
  if (!isRecord(value)) return false
  const { op, arg, flag, kind, value: to } = value
  const members = Object.keys(value).length
  if (op === 'redact') return members === 2 && FINDING_KINDS.some((known) => known === kind)
  if (op === 'add-flag') return members === 2 && typeof flag === 'string' && FLAGS.test(flag)
  if (typeof arg !== 'string' || !ARGUMENT_NAMES.test(arg)) return false
  if (op === 'remove') return members === 2
  return op === 'set' && members === 3 && isScalar(to)
}

function isScalar (value: unknown): boolean {
  if (typeof value === 'string') return value.length <= OBLIGATION_LIMITS.textChars
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}

function isListOf (value: unknown, max: number, isEntry: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= max && value.every(isEntry)
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
