import type { ServerResponse } from 'node:http'
import type { Approvals } from '../../approvals/approvals.ts'

/** How long calls that wait for a second person are held, and where the word comes from. */
export interface Holding { readonly ms: number, readonly approvals: Pick<Approvals, 'whenSaid'> }

/** How a hold ended. `late`: nobody said anything in time, or too many calls are held; `gone`: the client left. */
export type HoldEnd = { readonly how: 'given' | 'late' | 'gone' } | { readonly how: 'refused', readonly note: string }

const ENDS = { given: { how: 'given' }, late: { how: 'late' }, gone: { how: 'gone' } } as const satisfies Record<string, HoldEnd>

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
      const timer = setTimeout(() => end(ENDS.late), ms)
      if (open.size === 0) response.on('close', onGone)
      open.add(leave)
      const stop = approvals.whenSaid(approval, ({ state, note }) => end(state === 'refused' ? { how: 'refused', note: note ?? '' } : ENDS.given))
      if (stop === null) end(ENDS.late)
    })
  }
}
