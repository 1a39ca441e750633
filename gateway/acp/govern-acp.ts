import type { Readable, Writable } from 'node:stream'
import type { PolicyDoor } from './ask-policy.ts'
import type { Conversation } from './conversation.ts'
import { hearAgent } from './from-agent.ts'
import { hearEditor } from './from-editor.ts'
import { createOutcomes } from './outcomes.ts'
import { createPeer } from './peer.ts'
import type { Places } from './places.ts'
import { createShownCalls } from './shown-calls.ts'

interface Streams { readonly source: Readable, readonly sink: Writable }

export interface AcpOptions {
  readonly editor: Streams
  readonly agent: Streams
  readonly places: Places
  readonly policy: PolicyDoor
  readonly onWarning: (text: string) => void
}

/**
 * Sits between an editor and an agent that speak the Agent Client Protocol, version 1. Passes on what it knows, rebuilt; asks policy about what
 * does something; refuses the rest. Resolves when either side has ended.
 */
export async function governAcp ({ editor, agent, places, policy, onWarning }: AcpOptions): Promise<void> {
  const conversation: Conversation = {
    editor: createPeer({ ...editor, onWarning }),
    agent: createPeer({ ...agent, onWarning }),
    places,
    policy,
    shown: createShownCalls(),
    sessions: new Set(),
    terminals: new Map(),
    outcomes: createOutcomes(policy),
    onWarning,
  }
  await Promise.race([
    conversation.editor.listen(async (message) => await hearEditor(message, conversation)),
    conversation.agent.listen(async (message) => await hearAgent(message, conversation)),
  ])
  await conversation.outcomes.close()
}
