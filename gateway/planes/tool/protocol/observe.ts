import type { SessionLog } from '../session-log.ts'

export interface Observing {
  readonly after: number
  readonly follow: boolean
  readonly signal: AbortSignal
  /** Takes one event, as JSON text. Resolves when the next may come. */
  onEvent (seq: number, text: string): Promise<void>
  /** Events before this `seq` are not kept any more. */
  onGone (from: number): Promise<void>
}

/** Passes on what happened in a session, and with `follow` what happens, until the signal or the session's end. */
export async function observeLog (log: SessionLog, { after, follow, signal, onEvent, onGone }: Observing): Promise<void> {
  let seen = after
  while (!signal.aborted) {
    const { events, from } = log.after(seen)
    // A slow reader is overtaken: it is told, and the session does not wait for it.
    if (from > seen + 1) await onGone(from)
    seen = Math.max(seen, from - 1)
    for (const { seq, text } of events) {
      if (signal.aborted) return
      await onEvent(seq, text)
      seen = seq
    }
    if (events.length > 0) continue
    if (!follow || log.isClosed()) return
    await more(log, seen, signal)
  }
}

function more (log: SessionLog, seen: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const stop = log.onMore(done)
    signal.addEventListener('abort', done)
    // What came between the look and the listener.
    if (signal.aborted || log.isClosed() || log.after(seen).events.length > 0) done()
  })
}
