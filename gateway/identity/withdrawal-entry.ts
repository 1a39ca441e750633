import { eventBody, type EventBody } from '../core/ledger-entry.ts'
import type { Withdrawal } from './withdrawals.ts'

/** The ledger's word for something that was taken away from tokens. */
export function withdrawalEntry (line: Withdrawal): EventBody {
  if ('revoked' in line) return eventBody('token-revoked', null, { token: line.revoked })
  if ('revokedActor' in line) return { ...eventBody('actor-tokens-revoked', null, { beforeMs: line.beforeMs }), actor: line.revokedActor }
  if ('stateOf' in line) return { ...eventBody(line.active ? 'actor-activated' : 'actor-deactivated', null, {}), actor: line.stateOf }
  if ('goneGroup' in line) return eventBody('group-gone', null, { group: line.goneGroup })
  return { ...eventBody('group-left', null, { group: line.leftGroup }), actor: line.actor }
}
