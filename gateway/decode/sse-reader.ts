const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const SPACE = 0x20
const DATA = Buffer.from('data')

/** One event's payload, or one comment. `lines` has more than one entry when the payload came as several `data` lines. */
export type SseItem = { readonly kind: 'data', readonly lines: readonly Buffer[] } | { readonly kind: 'comment', readonly text: Buffer }

/** Thrown when an event is larger than the limit; the stream cannot be understood any further. */
export class SseTooLarge extends Error { override readonly name = 'SseTooLarge' }

/**
 * Reads server-sent events from bytes cut anywhere (HTML standard, 9.2.6): lines end in LF, CR LF or CR, and a `data`
 * line may have its colon followed by a space or not. Other fields are dropped: chat completions use none.
 */
export class SseReader {
  readonly #maxEventBytes: number
  #partial: Buffer[] = []
  #lines: Buffer[] = []
  #bytes = 0
  #afterCr = false

  constructor (maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes
  }

  /** Whether the next byte begins an event. */
  get isBetweenEvents (): boolean {
    return this.#partial.length === 0 && this.#lines.length === 0 && !this.#afterCr && this.#bytes === 0
  }

  /** The items that these bytes complete. @throws SseTooLarge */
  push (chunk: Buffer): readonly SseItem[] {
    const items: SseItem[] = []
    let from = this.#afterCr && chunk[0] === LF ? 1 : 0
    if (chunk.length > 0) this.#afterCr = false
    let cr = chunk.indexOf(CR, from)
    while (from < chunk.length) {
      if (cr !== -1 && cr < from) cr = chunk.indexOf(CR, from)
      const lf = chunk.indexOf(LF, from)
      const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr)
      if (end === -1) break
      this.#line(this.#whole(chunk.subarray(from, end)), items)
      from = end + 1
      if (chunk[end] !== CR) continue
      if (from === chunk.length) this.#afterCr = true
      else if (chunk[from] === LF) from += 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
    return items
  }

  /** What was still open when the bytes ended. The standard drops it; some clients do not, so it is read. @throws SseTooLarge */
  end (): readonly SseItem[] {
    const items: SseItem[] = []
    this.#line(this.#whole(Buffer.alloc(0)), items)
    this.#dispatch(items)
    return items
  }

  #keep (part: Buffer): void {
    this.#count(part.length)
    this.#partial.push(part)
  }

  #whole (last: Buffer): Buffer {
    if (this.#partial.length === 0) return last
    const line = Buffer.concat([...this.#partial, last])
    this.#partial = []
    return line
  }

  #line (line: Buffer, items: SseItem[]): void {
    if (line.length === 0) return this.#dispatch(items)
    this.#count(line.length)
    if (line[0] === COLON) {
      items.push({ kind: 'comment', text: line.subarray(1) })
      return
    }
    const colon = line.indexOf(COLON)
    const field = colon === -1 ? line : line.subarray(0, colon)
    if (!field.equals(DATA)) return
    const value = colon === -1 ? Buffer.alloc(0) : line.subarray(line[colon + 1] === SPACE ? colon + 2 : colon + 1)
    this.#lines.push(value)
  }

  #dispatch (items: SseItem[]): void {
    if (this.#lines.some((line) => line.length > 0)) items.push({ kind: 'data', lines: this.#lines })
    this.#lines = []
    this.#bytes = 0
  }

  #count (bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#maxEventBytes) throw new SseTooLarge(`an event is larger than ${this.#maxEventBytes} bytes`)
  }
}
