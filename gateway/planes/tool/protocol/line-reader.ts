const NEWLINE = 0x0a
const RETURN = 0x0d

/** A line without its end, or `null` for one that was longer than the limit and was thrown away. */
export type Line = Buffer | null

/**
 * Cuts bytes into lines. Of a line that is longer than the limit nothing is kept, and the next one is read as if it had not been there. Empty
 * lines are none.
 */
export class LineReader {
  readonly #max: number
  #parts: Buffer[] = []
  #size = 0
  #isLong = false

  constructor (maxBytes: number) {
    this.#max = maxBytes
  }

  /** The lines that end in these bytes. */
  * push (bytes: Buffer): Iterable<Line> {
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#keep(bytes.subarray(start, end))
      start = end + 1
      yield * this.end()
    }
    this.#keep(bytes.subarray(start))
  }

  /** The last line, when it has no end. */
  * end (): Iterable<Line> {
    const [only] = this.#parts
    const line = this.#isLong ? null : this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    this.#isLong = false
    const whole = line === null ? null : withoutReturn(line)
    if (whole === null || whole.length > 0) yield whole
  }

  #keep (bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#size += bytes.length
    if (this.#size > this.#max) {
      this.#isLong = true
      this.#parts = []
    } else if (!this.#isLong) this.#parts.push(bytes)
  }
}

function withoutReturn (line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line
}
