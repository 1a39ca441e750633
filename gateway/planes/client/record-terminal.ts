import { StringDecoder } from 'node:string_decoder'
import { Transform } from 'node:stream'
import type { Recording } from '../../recordings/recording.ts'
import { createFrameReader } from './websocket-frames.ts'

const CONTROL = 0x00 // OpenCode's own messages are binary and begin so; they are no output

/** Why a terminal had to end: what it did next could not have been recorded. */
export class NotRecorded extends Error {}

/**
 * Passes a terminal's bytes on once they are recorded, no faster than they can be. Fails when they cannot be recorded or are not
 * WebSocket frames: a terminal is recorded whole or it ends.
 */
export function recorded (recording: Recording, kind: 'i' | 'o'): Transform {
  const decoder = new StringDecoder('utf8')
  let text = ''
  let isControl = false
  const reader = createFrameReader((bytes, { binary, first }) => {
    if (first) isControl = kind === 'o' && binary && bytes[0] === CONTROL
    if (!isControl) text += decoder.write(bytes)
  })
  return new Transform({
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
  })
}
