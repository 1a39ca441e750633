import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { GatewayError } from '../../core/errors.ts'
import { writeChunk } from '../../http/forward/write-chunk.ts'

const MAX_GATHERED_CHARS = 65_536 // of one write; above it, what is gathered goes out at once

/** The way out to one client. */
export interface Sender {
  /** Sends a text after those before it. Resolves when more may be sent. Rejects with GatewayError WEIR_ERR_UPSTREAM once nobody listens any more. */
  send (text: string): Promise<void>
  /** Writes what was gathered. To be called before the stream is ended. */
  flush (): void
}

/**
 * Sends what one turn of the event loop has to say as one write: with many small messages the writes would be most of the work.
 *
 * @param signal says that nobody listens any more
 */
export function createSender (out: ServerResponse, signal: AbortSignal): Sender {
  let gathered: string[] = []
  let chars = 0
  let draining: Promise<void> | null = null

  function flush (): void {
    if (gathered.length === 0) return
    const text = gathered.join('')
    gathered = []
    chars = 0
    if (signal.aborted || writeChunk(out, Buffer.from(text)) || draining !== null) return
    draining = once(out, 'drain', { signal })
      .catch(() => undefined) // the next text says that nobody listens
      .then(() => { draining = null })
  }

  return {
    send (text) {
      if (signal.aborted) return Promise.reject(new GatewayError('WEIR_ERR_UPSTREAM', 'The client went away.'))
      if (gathered.push(text) === 1) process.nextTick(flush)
      chars += text.length
      if (chars > MAX_GATHERED_CHARS) flush()
      return draining ?? SENT
    },
    flush,
  }
}

const SENT = Promise.resolve()
