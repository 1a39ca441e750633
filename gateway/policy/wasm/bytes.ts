const LEB_32_BYTES = 5 // ceil(32 / 7): the longest form that the specification allows
const LEB_64_BYTES = 10

/** Reads a WebAssembly binary from front to back. Every method throws RangeError at what is cut short or over-long. */
export interface WasmReader {
  /** Offset of the next byte, from the start of the whole binary. */
  at (): number
  isAtEnd (): boolean
  byte (): number
  /** An unsigned LEB128 of 32 bits. */
  index (): number
  /** Passes over a signed or unsigned LEB128 of at most this many bits. */
  skipLeb (bits: 32 | 64): void
  skip (bytes: number): void
  /** The next bytes as they are, not copied. */
  take (bytes: number): Uint8Array
}

/** A reader of the bytes from `start` up to `end`. */
export function createWasmReader (bytes: Uint8Array, start = 0, end = bytes.length): WasmReader {
  let position = start

  function byte (): number {
    const value = position < end ? bytes[position] : undefined
    if (value === undefined) throw new RangeError('the WebAssembly ends too early')
    position += 1
    return value
  }

  function skip (count: number): void {
    if (count > end - position) throw new RangeError('the WebAssembly ends too early')
    position += count
  }

  return {
    at: () => position,
    isAtEnd: () => position === end,
    byte,
    skip,
    index () {
      let value = 0
      for (let place = 0; place < LEB_32_BYTES; place += 1) {
        const part = byte()
        value += (part & 0x7f) * 2 ** (7 * place)
        if (part < 0x80) {
          if (value > 0xffff_ffff) break
          return value
        }
      }
      throw new RangeError('a number in the WebAssembly is longer than its type')
    },
    skipLeb (bits) {
      for (let place = 0; place < (bits === 32 ? LEB_32_BYTES : LEB_64_BYTES); place += 1) if (byte() < 0x80) return
      throw new RangeError('a number in the WebAssembly is longer than its type')
    },
    take (count) {
      skip(count)
      return bytes.subarray(position - count, position)
    },
  }
}

/** An unsigned number below 2^32 as LEB128. */
export function unsignedLeb (value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}

/** A non-negative number below 2^31 as signed LEB128: the sign bit of the last byte stays clear. */
export function positiveSignedLeb (value: number): number[] {
  const bytes = unsignedLeb(value)
  const last = bytes.at(-1) ?? 0
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0]
}
