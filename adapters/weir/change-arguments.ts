import type { Operation } from '../../gateway/core/obligations.ts'
import { isRecord } from '../opencode/json-record.ts'

/** The arguments of a call of Weir's own tools, changed as policy wants; null when a change has no place in them. Made anew: they are decoded and decided like any other. */
export function changedWeirArguments (native: string, args: unknown, operations: readonly Operation[]): Readonly<Record<string, unknown>> | null {
  if (!isRecord(args)) return null
  const members = new Map(Object.entries(args))
  for (const operation of operations) {
    if (operation.op === 'set') members.set(operation.arg, operation.value)
    else if (operation.op === 'remove') members.delete(operation.arg)
    else {
      const command = native === 'run-shell' ? members.get('command') : undefined
      if (typeof command !== 'string') return null
      members.set('command', `${command.trimEnd()} ${operation.flag}`)
    }
  }
  return Object.fromEntries(members)
}
