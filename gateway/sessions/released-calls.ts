import type { DelegationUse } from '../core/circumstances.ts'
import type { Decision } from '../core/decision.ts'
import type { Permit } from '../core/permit.ts'

const MAX_CALLS = 4_096 // per session; far beyond the open calls of any turn, small enough to bound a hostile model

/** A tool call the model plane released to the agent, waiting for the agent's ask and for its outcome. */
export interface ReleasedCall {
  readonly callId: string
  readonly native: string
  readonly digest: string
  readonly permit: Permit
  /** The exact text of a shell call, so that the exec gate can tell the start of an approved command from a new wish. */
  readonly command?: string | null
  /** The folder it was decided for: the same text in another folder is another wish. */
  readonly cwd?: string
  /** The request whose answer it was in. */
  readonly request?: string
  /** It starts a subagent. */
  readonly delegates?: boolean
  /** It can change no file. */
  readonly reads?: boolean
  /** What its release settled beyond policy's plain word; absent when that was all. */
  readonly settled?: Settled
}

/** What people or a change settled about a call, under one revision of policy: another revision was never asked. */
export interface Settled {
  readonly revision: string
  /** A second person allowed it. */
  readonly approved: boolean
  /** It has the changes that policy demands. */
  readonly changed: boolean
}

/** Counts a subagent from the decision on, until its call is remembered. */
export interface DelegationClaim {
  /** Call it in the turn of the decision: of two that are asked about at once, the second sees the first. */
  onDecided (decision: Decision): void
  /** Ends the claim; a call that was remembered counts by itself. */
  leave (): void
}

/**
 * Joins what the model plane decided with what the agent later asks and reports, by call id and digest.
 * A call id alone proves nothing: a model can repeat one with other arguments, so several digests can stand under one id.
 */
export class ReleasedCalls {
  readonly #byId = new Map<string, ReleasedCall[]>()
  readonly #started = new WeakSet<ReleasedCall>()
  readonly #interrupted = new Map<string, ReleasedCall>()
  #size = 0
  #claimed = 0
  #delegated = 0
  #mayHaveChanged = false

  /** @returns the call that this one repeats: the same words, in an answer that the agent did not get whole. It is not open any more. */
  remember (call: ReleasedCall): ReleasedCall | null {
    const repeated = this.#interrupted.get(call.digest) ?? null
    if (repeated !== null) this.#remove(repeated)
    if (call.reads !== true) this.#mayHaveChanged = true
    const known = this.#byId.get(call.callId) ?? []
    this.#byId.set(call.callId, [...known, call])
    this.#size += 1
    if (this.#size > MAX_CALLS) this.#dropOldest()
    return repeated
  }

  /**
   * The answer that brought the open calls of these ids did not reach the agent whole, so it will ask the model again and may be given the
   * same calls once more: each is then the one that is open already, and not a second one.
   */
  interrupt (callIds: readonly string[]): void {
    for (const call of callIds.flatMap((id) => this.#byId.get(id) ?? [])) this.#interrupted.set(call.digest, call)
  }

  /** Whether a call was released since it was last asked that can have changed files. */
  takeChanging (): boolean {
    const may = this.#mayHaveChanged
    this.#mayHaveChanged = false
    return may
  }

  markChanging (): void {
    this.#mayHaveChanged = true
  }

  delegations (): DelegationUse {
    const open = [...this.#byId.values()].flat().filter(({ delegates }) => delegates === true).length
    return { running: open + this.#claimed, total: this.#delegated }
  }

  claimDelegation (): DelegationClaim {
    let isTaken = false
    return {
      onDecided: ({ verdict }) => {
        if (verdict !== 'allow' || isTaken) return
        isTaken = true
        this.#claimed += 1
        this.#delegated += 1
      },
      leave: () => {
        if (isTaken) this.#claimed -= 1
        isTaken = false
      },
    }
  }

  /** The released call with this id and exactly these arguments, or null. Kept: one call can raise several asks. */
  find (callId: string, digest: string): ReleasedCall | null {
    return this.#byId.get(callId)?.find((call) => call.digest === digest) ?? null
  }

  /** The request that the newest open call with this text in this folder came with; null when there is none. */
  requestOf (command: string, cwd: string): string | null {
    return [...this.#byId.values()].flat().findLast((open) => open.command === command && open.cwd === cwd)?.request ?? null
  }

  /** The oldest open call with exactly this command text in this folder that covers its start, once: not a loop of them. */
  takeCommand (command: string, cwd: string, covers: (call: ReleasedCall) => boolean): ReleasedCall | null {
    const call = [...this.#byId.values()].flat().find((open) => {
      return open.command === command && open.cwd === cwd && !this.#started.has(open) && covers(open)
    }) ?? null
    if (call !== null) this.#started.add(call)
    return call
  }

  /** Removes and returns every call under this id, when the agent reports its end. */
  finish (callId: string): readonly ReleasedCall[] {
    const calls = this.#byId.get(callId) ?? []
    this.#byId.delete(callId)
    this.#size -= calls.length
    this.#forgetInterrupted(calls)
    return calls
  }

  /** Removes and returns all: what is still open when a session ends. */
  drain (): readonly ReleasedCall[] {
    const calls = [...this.#byId.values()].flat()
    this.#byId.clear()
    this.#interrupted.clear()
    this.#size = 0
    return calls
  }

  #remove (call: ReleasedCall): void {
    const rest = (this.#byId.get(call.callId) ?? []).filter((other) => other !== call)
    if (rest.length === 0) this.#byId.delete(call.callId)
    else this.#byId.set(call.callId, rest)
    this.#size -= 1
    this.#forgetInterrupted([call])
  }

  #forgetInterrupted (calls: readonly ReleasedCall[]): void {
    if (this.#interrupted.size === 0) return
    for (const call of calls) {
      if (this.#interrupted.get(call.digest) === call) this.#interrupted.delete(call.digest)
    }
  }

  #dropOldest (): void {
    const oldest = this.#byId.keys().next()
    if (!oldest.done) this.finish(oldest.value)
  }
}
