import { StringDecoder } from 'node:string_decoder'
import { Transform, type Readable } from 'node:stream'
import type { Recording } from '../../recordings/recording.ts'
import { createFrameReader } from './websocket-frames.ts'

const CONTROL = 0x00 // OpenCode's own messages are binary and begin so; they are no output
const GOING_AWAY = Buffer.from([0x88, 2, 0x03, 0xe9]) // a close frame with status 1001 (RFC 6455, sections 5.5.1 and 7.4.1)

/** Why a terminal had to end: what it did next could not have been recorded. */
export class NotRecorded extends Error {}

/** One direction of a terminal. */
export interface RecordedDirection {
  readonly through: Transform
  /**
   * Ends with what came: every frame of it recorded and passed on, and then the frame that says that the gateway goes. What the source has begun
   * to say is waited for, because nothing can be said in the middle of it; what it begins after that is left out.
   */
  leave (source: Readable): void
}

/**
 * Passes a terminal's bytes on once they are recorded, no faster than they can be. Fails when they cannot be recorded or are not
 * WebSocket frames: a terminal is recorded whole or it ends.
 */
export function recorded (recording: Recording, kind: 'i' | 'o'): RecordedDirection {
  const decoder = new StringDecoder('utf8')
  let text = ''
  let isControl = false
  let isLeaving = false
  let hasLeft = false
  let stop = (): void => {}
  const reader = createFrameReader((bytes, { binary, first }) => {
    if (first) isControl = kind === 'o' && binary && bytes[0] === CONTROL
    if (!isControl) text += decoder.write(bytes)
  })

  function take (chunk: Buffer): Buffer {
    if (isLeaving) return lastFrames(chunk)
    reader.push(chunk)
    return chunk
  }

  /** What of a chunk may go out before the last frame: no frame that would be left unfinished. */
  function lastFrames (chunk: Buffer): Buffer {
    const wasBetween = reader.isBetweenFrames()
    let whole = 0
    let said = text
    for (let at = 0; at < chunk.length;) {
      at += reader.push(chunk.subarray(at), true)
      if (!reader.isBetweenFrames()) continue
      whole = at
      said = text
    }
    if (whole === 0 && !wasBetween) return chunk
    text = said
    hasLeft = true
    return chunk.subarray(0, whole)
  }

  const through = new Transform({
    transform (chunk: Buffer, _encoding, done) {
      if (hasLeft) return done()
      let passed: Buffer
      try {
        passed = take(chunk)
      } catch (cause) {
        return done(new NotRecorded('these are no frames of a terminal', { cause }))
      }
      const shown = text
      text = ''
      recording.add(kind, shown).then(() => {
        done(null, passed)
        if (hasLeft || (isLeaving && reader.isBetweenFrames())) stop()
      }, (cause: unknown) => done(new NotRecorded('the recording takes no more', { cause })))
    },
    flush (done) {
      done(null, hasLeft || (isLeaving && reader.isBetweenFrames()) ? GOING_AWAY : null)
    },
  })
  return {
    through,
    leave (source) {
      isLeaving = true
      stop = () => {
        source.unpipe(through)
        through.end()
      }
      if (through.writableLength === 0 && reader.isBetweenFrames()) stop()
    },
  }
}
