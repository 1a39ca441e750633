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
  /** Takes no more from the source, and ends with what came: every frame of it recorded and passed on, and then the frame that says that the gateway goes. */
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
  const reader = createFrameReader((bytes, { binary, first }) => {
    if (first) isControl = kind === 'o' && binary && bytes[0] === CONTROL
    if (!isControl) text += decoder.write(bytes)
  })
  const through = new Transform({
    transform (chunk: Buffer, _encoding, done) {
      try {
        reader.push(chunk)
      } catch (cause) {
        return done(new NotRecorded('these are no frames of a terminal', { cause }))
      }
      const shown = text
      text = ''
      recording.add(kind, shown).then(() => done(null, chunk), (cause: unknown) => done(new NotRecorded('the recording takes no more', { cause })))
    },
    flush (done) {
      done(null, isLeaving && reader.isBetweenFrames() ? GOING_AWAY : null)
    },
  })
  return {
    through,
    leave (source) {
      isLeaving = true
      source.unpipe(through)
      through.end()
    },
  }
}
