import type { ServerResponse } from 'node:http'
import type { Approvals } from '../../approvals/approvals.ts'
import type { AgentSession } from '../../sessions/session.ts'

/** A call of a session's agent that is held. `agentSession` is the agent's own session, by its word. */
export interface HeldInAnswer { readonly approval: string, readonly native: string, readonly argumentsText: string, readonly session: AgentSession, readonly agentSession: string | null }

/** How long calls that wait for a second person are held, and where the word comes from. */
export interface Holding {
  readonly ms: number
  readonly approvals: Pick<Approvals, 'whenSaid' | 'msLeft'>
  /** Shows it to who may answer it for themselves. @returns what to call when the wait ends; null when it is shown to nobody */
  readonly offer?: (held: HeldInAnswer) => ((isGoingOn: boolean) => void) | null
}

/**
 * How a hold ended. `again`: somebody said yes, or policy changed, so that the call is decided again; `late`: nobody said anything in time, or too
 * many calls are held; `expired`: nobody did while it could be approved; `gone`: the client left.
 */
export type HoldEnd = { readonly how: 'again' | 'late' | 'expired' | 'gone' } | { readonly how: 'refused', readonly note: string }

const ENDS = { again: { how: 'again' }, late: { how: 'late' }, expired: { how: 'expired' }, gone: { how: 'gone' } } as const satisfies Record<string, HoldEnd>

/**
 * Waits for a second person's word on one call. Leaves no timer and no listener behind.
 *
 * @param ms longest wait, milliseconds
 */
export type HoldCall = (approval: string, ms: number) => Promise<HoldEnd>

/** Holds the calls of one answer: however many there are, its connection gets one listener. */
export function createHolds (response: ServerResponse, approvals: Holding['approvals']): HoldCall {
  const open = new Set<() => void>()
  const onGone = (): void => {
    for (const leave of [...open]) leave()
  }
  return (approval, ms) => {
    if (response.destroyed) return Promise.resolve(ENDS.gone)
    if (ms <= 0) return Promise.resolve(ENDS.late)
    return new Promise((resolve) => {
      const leave = (): void => end(ENDS.gone)
      const end = (how: HoldEnd): void => {
        clearTimeout(timer)
        open.delete(leave)
        if (open.size === 0) response.off('close', onGone)
        stop?.()
        resolve(how)
      }
      const leftMs = approvals.msLeft(approval)
      const timer = setTimeout(() => end(leftMs <= ms ? ENDS.expired : ENDS.late), Math.min(ms, leftMs))
      if (open.size === 0) response.on('close', onGone)
      open.add(leave)
      const stop = approvals.whenSaid(approval, ({ state, note }) => {
        if (response.destroyed) end(ENDS.gone) // its close comes a little later, and no word is to be used up meanwhile
        else end(state === 'refused' ? { how: 'refused', note: note ?? '' } : ENDS.again)
      })
      if (stop === null) end(ENDS.late)
    })
  }
}
