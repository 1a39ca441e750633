import type { PolicyDoor } from './ask-policy.ts'
import type { RpcError } from './message.ts'
import { INVALID_PARAMS, REFUSED } from './message.ts'
import { UnfitParams } from './fields.ts'
import type { Outcomes } from './outcomes.ts'
import type { Peer } from './peer.ts'
import type { Places } from './places.ts'
import type { ShownCalls } from './shown-calls.ts'

/** What both directions of one conversation share. */
export interface Conversation {
  readonly editor: Peer
  readonly agent: Peer
  readonly places: Places
  readonly policy: PolicyDoor
  /** The tool calls that the agent has shown, for the permissions that it asks for. */
  readonly shown: ShownCalls
  /** Sessions that were begun or opened here. */
  readonly sessions: Set<string>
  /** Terminals that policy let the agent start, each with the entry of its decision. */
  readonly terminals: Map<string, number | null>
  readonly outcomes: Outcomes
  readonly onWarning: (text: string) => void
}

/** Whatever goes wrong in reading or deciding a request is a refusal of it. */
export function refusalOf (thrown: unknown): RpcError {
  if (thrown instanceof UnfitParams) return { code: INVALID_PARAMS, message: `Weir: ${thrown.message}` }
  return { code: REFUSED, message: 'Weir could not decide this, so it was refused. Nothing was done.' }
}

export function refusedBy (text: string, approval: string | null = null): RpcError {
  return { code: REFUSED, message: `Weir: ${text}`, ...(approval === null ? {} : { data: { approval } }) }
}
