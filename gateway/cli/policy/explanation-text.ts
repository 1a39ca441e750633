import type { Decision } from '../../core/decision.ts'
import type { Blocked } from '../../policy/explain/blocked.ts'
import type { RuleOutcome } from '../../policy/explain/explain-rules.ts'
import { printable } from '../entry-format.ts'

const KIND = 'input.kind'

/** What the rules say; `unexplained` is why they cannot be asked one by one. */
export interface Explanation { readonly rules: readonly RuleOutcome[], readonly unexplained?: string }

/** A decision for people: verdict, rule, what else fired, and why the other rules did not. */
export function explanationText (decision: Decision, { rules, unexplained }: Explanation): string {
  const fired = rules.filter((outcome) => outcome.fired && outcome.rule !== decision.rule)
  const silent = rules.filter((outcome) => !outcome.fired)
  const elsewhere = silent.filter(isOtherKind)
  const kind = elsewhere[0]?.blocked?.values[KIND]
  return [
    `${decision.verdict}  ${decision.rule}\n${printable(decision.reason)}\n`,
    section('Also fired', decision.also.map((rule) => `  ${rule}\n`)),
    unexplained === undefined ? '' : `\n${printable(unexplained)}\n`,
    section('Fired without effect: a stricter verdict stands, or nothing asks for them here',
      fired.filter(({ rule }) => !decision.also.includes(rule)).map(({ rule, set }) => `  ${rule} (${set})\n`)),
    section('Did not fire', silent.filter((outcome) => !isOtherKind(outcome)).map(outcomeText)),
    section(`Not about input.kind ${printable(kind ?? '')}`, elsewhere.length === 0 ? [] : [`  ${elsewhere.map(({ rule }) => rule).join(', ')}\n`]),
  ].join('')
}

/** What stopped a rule, one line for each expression, indented below what asked for it. */
export function blockedText (blocked: Blocked, indent: string): string {
  const values = Object.entries(blocked.values).map(([name, value]) => `${name} is ${value}`)
  const tried = blocked.attempts > 1 ? `; tried ${blocked.attempts} times, first: ` : ''
  const saw = values.length === 0 ? '' : `  (${tried === '' ? '' : tried.slice(2)}${values.join(', ')})`
  return [
    `${indent}${blocked.file}:${blocked.row}: ${printable(blocked.expression)}${printable(saw)}\n`,
    ...blocked.within.map((inner) => blockedText(inner, `${indent}  `)),
  ].join('')
}

function section (title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}:\n${lines.join('')}`
}

function outcomeText ({ rule, set, blocked }: RuleOutcome): string {
  return `  ${rule} (${set})\n${blocked === null ? '    it cannot be told why\n' : blockedText(blocked, '    ')}`
}

// Half of the rules are about other kinds of questions; each with its own line they would hide the rest.
function isOtherKind ({ blocked }: RuleOutcome): boolean {
  return blocked !== null && blocked.expression.startsWith(KIND) && KIND in blocked.values
}
