import type { DecodedCall, ToolName } from '../core/tool-call.ts'

const LOOKS: ReadonlySet<ToolName> = new Set(['read-file', 'search'])
const BEYOND = 'it is made in a plan, and a plan only reads files and searches; say in the plan what is to be done instead'

/** Plans of one session at a time: each is a turn of its agent. */
export const MAX_PLANS_AT_ONCE = 4

/** The agent's own sessions (`ses_…`) that are asked for a plan at the moment: what they do beyond reading is not done. */
export class PlanTurns {
  readonly #agentSessions = new Set<string>()
  #asked = 0

  get size (): number {
    return this.#agentSessions.size
  }

  /** Takes one of the places for plans. @returns the way to give it back, null when none is free */
  enter (): (() => void) | null {
    if (this.#asked >= MAX_PLANS_AT_ONCE) return null
    this.#asked += 1
    return () => { this.#asked -= 1 }
  }

  /** @returns the way to end it, for when the turn is over and can make no call any more */
  begin (agentSession: string): () => void {
    this.#agentSessions.add(agentSession)
    return () => { this.#agentSessions.delete(agentSession) }
  }

  /**
   * The call as it counts when it comes from this session of the agent: in a plan, one that does more than read is none. It is recorded, and
   * denied whatever policy says. While there is a plan, a call from a session that is not named (null) is taken for one of its own.
   */
  counted (call: DecodedCall, agentSession: string | null, parentSession: string | null = null): DecodedCall {
    if (this.#agentSessions.size === 0 || !call.readable || isLook(call)) return call
    const isPlan = agentSession === null || this.#agentSessions.has(agentSession) || (parentSession !== null && this.#agentSessions.has(parentSession))
    if (!isPlan) return call
    const { protocol, native, digest } = call
    return Object.freeze({ readable: false, protocol, native, problem: BEYOND, digest })
  }
}

function isLook ({ tool, command, parts }: Extract<DecodedCall, { readonly readable: true }>): boolean {
  return LOOKS.has(tool) && command === null && (parts ?? []).every(isLook)
}
