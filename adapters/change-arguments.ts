import type { FindingKind } from '../gateway/core/finding.ts'
import type { Operation } from '../gateway/core/obligations.ts'

/** JSON text with what was found of a kind blanked; null when it cannot be looked through. */
export type BlankFindings = (json: string, kind: FindingKind) => string | null

/** What a native call's arguments need so that they can be changed. `command` names the one that is a shell's command; null for none. */
export interface ChangePorts { readonly command: string | null, readonly blank: BlankFindings }

type Members = Readonly<Record<string, unknown>>

/** Arguments, changed in this order; null when a change has no place in them. Made anew: they are decoded and decided like any other. */
export function changedMembers (args: Members, operations: readonly Operation[], ports: ChangePorts): Members | null {
  let members: Members | null = args
  for (const operation of operations) members = members === null ? null : changed(members, operation, ports)
  return members
}

function changed (args: Members, operation: Operation, { command, blank }: ChangePorts): Members | null {
  const members = new Map(Object.entries(args))
  switch (operation.op) {
    case 'set':
      members.set(operation.arg, operation.value)
      break
    case 'remove':
      members.delete(operation.arg)
      break
    case 'add-flag': {
      const text = command === null ? undefined : members.get(command)
      if (command === null || typeof text !== 'string') return null
      members.set(command, `${text.trimEnd()} ${operation.flag}`)
      break
    }
    case 'redact': {
      const blanked = blank(JSON.stringify(args), operation.kind)
      return blanked === null ? null : JSON.parse(blanked) as Members
    }
  }
  return Object.fromEntries(members)
}
