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
}

/**
 * Joins what the model plane decided with what the agent later asks and reports, by call id and digest.
 * A call id alone proves nothing: a model can repeat one with other arguments, so several digests can stand under one id.
 */
export class ReleasedCalls {
  readonly #byId = new Map<string, ReleasedCall[]>()
  readonly #started = new WeakSet<ReleasedCall>()
  #size = 0

  remember (call: ReleasedCall): void {
    const known = this.#byId.get(call.callId) ?? []
    this.#byId.set(call.callId, [...known, call])
    this.#size += 1
    if (this.#size > MAX_CALLS) this.#dropOldest()
  }

  /** The released call with this id and exactly these arguments, or null. Kept: one call can raise several asks. */
  find (callId: string, digest: string): ReleasedCall | null {
    return this.#byId.get(callId)?.find((call) => call.digest === digest) ?? null
  }

  /** The request that the newest open call with this text in this folder came with; null when there is none. */
  requestOf (command: string, cwd: string): string | null {
    return [...this.#byId.values()].flat().findLast((open) => open.command === command && open.cwd === cwd)?.request ?? null
  }

  /** The oldest open call with exactly this command text in this folder, once: a release covers one start, not a loop of them. */
  takeCommand (command: string, cwd: string): ReleasedCall | null {
    const call = [...this.#byId.values()].flat().find((open) => open.command === command && open.cwd === cwd && !this.#started.has(open)) ?? null
    if (call !== null) this.#started.add(call)
    return call
  }

  /** Removes and returns every call under this id, when the agent reports its end. */
  finish (callId: string): readonly ReleasedCall[] {
    const calls = this.#byId.get(callId) ?? []
    this.#byId.delete(callId)
    this.#size -= calls.length
    return calls
  }

  /** Removes and returns all: what is still open when a session ends. */
  drain (): readonly ReleasedCall[] {
    const calls = [...this.#byId.values()].flat()
    this.#byId.clear()
    this.#size = 0
    return calls
  }

  #dropOldest (): void {
    const oldest = this.#byId.keys().next()
    if (!oldest.done) this.finish(oldest.value)
  }
}
