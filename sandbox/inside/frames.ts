/**
 * The frames between the shell wrapper and the exec gate: one byte of type, four of length (big endian), the payload.
 * A `start` holds `{ argv, cwd }` as JSON and nothing of the agent's environment.
 * This file runs on both sides of the sandbox wall, so it imports nothing of Weir's.
 */
export const FRAMES = { start: 1, stdin: 2, stdinEnd: 3, stdout: 17, stderr: 18, exit: 19, refused: 20 } as const
export type FrameType = typeof FRAMES[keyof typeof FRAMES]

/** Largest payload of one frame, bytes. */
export const MAX_FRAME = 65_536

const HEAD = 5

export interface Frame { readonly type: FrameType, readonly payload: Buffer }

/** One frame as bytes. @throws RangeError when the payload is larger than `MAX_FRAME` */
export function encodeFrame (type: FrameType, payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload)
  if (body.length > MAX_FRAME) throw new RangeError(`a frame holds at most ${MAX_FRAME} bytes`)
  const head = Buffer.alloc(HEAD)
  head.writeUInt8(type, 0)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/** Bytes of any length as as many frames as they need. */
export function encodeStream (type: FrameType, chunk: Buffer): Buffer {
  const frames: Buffer[] = []
  for (let from = 0; from < chunk.length; from += MAX_FRAME) frames.push(encodeFrame(type, chunk.subarray(from, from + MAX_FRAME)))
  return Buffer.concat(frames)
}

/** Cuts a byte stream into frames. Holds at most one unfinished frame. */
export interface FrameReader {
  /** @throws RangeError on an unknown type or a length over `MAX_FRAME`: the connection is of no use then */
  push (chunk: Buffer): Frame[]
}

export function createFrameReader (): FrameReader {
  let held = Buffer.alloc(0)
  return {
    push (chunk) {
      held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const frames: Frame[] = []
      let at = 0
      while (held.length - at >= HEAD) {
        const type = frameType(held.readUInt8(at))
        const length = held.readUInt32BE(at + 1)
        if (length > MAX_FRAME) throw new RangeError('the frame is longer than the limit')
        if (held.length - at < HEAD + length) break
        frames.push({ type, payload: Buffer.from(held.subarray(at + HEAD, at + HEAD + length)) })
        at += HEAD + length
      }
      held = Buffer.from(held.subarray(at))
      return frames
    },
  }
}

function frameType (value: number): FrameType {
  const type = Object.values(FRAMES).find((known) => known === value)
  if (type === undefined) throw new RangeError('the frame has an unknown type')
  return type
}
