/** Takes a WebSocket's bytes in one direction and tells what they carry, wherever they are cut (RFC 6455, section 5.2). */
export interface FrameReader {
  /**
   * @param toFrameEnd takes nothing behind the first end of a frame
   * @returns how many bytes it took
   * @throws RangeError for what neither end was promised: extensions, unknown frames, lengths over the limit
   */
  push (chunk: Buffer, toFrameEnd?: boolean): number
  /** Whether what came so far ends with a whole frame, so that another one may follow. */
  isBetweenFrames (): boolean
}

/** A piece of a message's payload, unmasked. `first` is whether the message begins with it. */
export type OnPayload = (bytes: Buffer, piece: { readonly binary: boolean, readonly first: boolean }) => void

const MAX_FRAME_BYTES = 67_108_864 // a terminal's frames are a few thousand bytes; a paste is one frame
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PONG = 10

interface Frame { readonly opcode: number, readonly mask: Buffer | null, readonly length: number, readonly headBytes: number }

/** No extension is negotiated, so payloads are as they were sent. */
export function createFrameReader (onPayload: OnPayload): FrameReader {
  let head: Buffer = Buffer.alloc(0)
  let frame: Frame | null = null
  let seen = 0
  let binary = false
  let first = false

  function begin (next: Frame): void {
    frame = next
    seen = 0
    if (next.opcode === TEXT || next.opcode === BINARY) {
      binary = next.opcode === BINARY
      first = true
    }
  }

  function take ({ opcode, mask, length }: Frame, bytes: Buffer): number {
    const count = Math.min(bytes.length, length - seen)
    if (opcode < CLOSE && count > 0) {
      const part = bytes.subarray(0, count)
      onPayload(mask === null ? part : unmasked(part, mask, seen), { binary, first })
      first = false
    }
    seen += count
    if (seen === length) frame = null
    return count
  }

  return {
    push (chunk, toFrameEnd = false) {
      let bytes = chunk
      while (bytes.length > 0) {
        if (frame !== null) {
          bytes = bytes.subarray(take(frame, bytes))
        } else {
          head = Buffer.concat([head, bytes])
          const next = frameOf(head)
          if (next === null) return chunk.length
          bytes = head.subarray(next.headBytes)
          head = Buffer.alloc(0)
          begin(next)
          if (next.length === 0) frame = null
        }
        if (toFrameEnd && frame === null) break
      }
      return chunk.length - bytes.length
    },
    isBetweenFrames: () => frame === null && head.length === 0,
  }
}

function frameOf (bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null
  const [start = 0, second = 0] = bytes
  const opcode = start & 0x0f
  if ((start & 0x70) !== 0) throw new RangeError('a frame uses an extension')
  if ((opcode > BINARY && opcode < CLOSE) || opcode > PONG) throw new RangeError('a frame of an unknown kind')
  const short = second & 0x7f
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0
  const maskAt = 2 + lengthBytes
  const headBytes = maskAt + ((second & 0x80) === 0 ? 0 : 4)
  if (bytes.length < headBytes) return null
  const length = lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : lengthBytes === 2 ? bytes.readUInt16BE(2) : short
  if (length > MAX_FRAME_BYTES) throw new RangeError('a frame is over the limit')
  if (opcode >= CLOSE && length > 125) throw new RangeError('a control frame is over the limit')
  return { opcode, mask: headBytes === maskAt ? null : Buffer.from(bytes.subarray(maskAt, headBytes)), length, headBytes }
}

function unmasked (bytes: Buffer, mask: Buffer, from: number): Buffer {
  const plain = Buffer.allocUnsafe(bytes.length)
  for (let at = 0; at < bytes.length; at += 1) plain[at] = (bytes[at] ?? 0) ^ (mask[(from + at) & 3] ?? 0)
  return plain
}
