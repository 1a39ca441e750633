import type { Socket } from 'node:net'
import { GatewayError } from '../../core/errors.ts'
import { createFrameReader, FRAMES, type Frame, type FrameReader } from '../../../sandbox/inside/frames.ts'

const START_MS = 10_000 // the wrapper writes its request at once; only a hostile client is slower

/** The wrapper's request, still unchecked JSON, and the reader with what came after it. */
export interface StartRead { readonly request: unknown, readonly input: StartedInput }
export interface StartedInput { readonly reader: FrameReader, readonly early: readonly Frame[] }

/**
 * Reads the one request a connection begins with, then pauses the socket.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when it is not one, or does not come within 10 s
 */
export function readStart (socket: Socket): Promise<StartRead> {
  const reader = createFrameReader()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { finish(() => { reject(malformed('The shell wrapper sent no request.')) }) }, START_MS)
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      socket.off('data', receive).off('close', gone)
      socket.pause()
      settle()
    }
    const gone = (): void => { finish(() => { reject(malformed('The shell wrapper went away.')) }) }
    const receive = (chunk: Buffer): void => {
      try {
        const [first, ...early] = reader.push(chunk)
        if (first === undefined) return
        if (first.type !== FRAMES.start) throw new RangeError('the first frame is no request')
        const request: unknown = JSON.parse(first.payload.toString('utf8'))
        finish(() => { resolve({ request, input: { reader, early } }) })
      } catch (error) {
        finish(() => { reject(malformed('The shell wrapper sent a malformed request.', error)) })
      }
    }
    socket.on('data', receive).on('close', gone)
  })
}

function malformed (message: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_DECODE_MALFORMED', message, { cause })
}
