interface Turn { readonly bytes: number, pass: (() => void) | null }

export const ORDERED_LIMITS = {
  /** Bytes that may wait behind a call that is not decided: what a model writes in minutes. */
  bytes: 1_048_576,
  /** Pieces of output that may wait: each is an object of its own, however short. */
  pieces: 8_192,
} as const

/**
 * What a client is sent, in the order in which the provider sent it, while some of it still has to be decided: decisions run side by side,
 * and what comes behind a call waits for it. Calls of `settled` and `room` must not overlap.
 */
export class OrderedOutput {
  readonly #write: (bytes: Buffer) => void
  #ready: Buffer[] = []
  readonly #waiting: Array<Buffer | Turn> = []
  #bytes = 0
  #isPassing = false
  #failure: { readonly thrown: unknown } | null = null
  #wake: (() => void) | null = null

  constructor (write: (bytes: Buffer) => void) {
    this.#write = write
  }

  /** Whether something is not decided yet, and what came after it waits. */
  get isWaiting (): boolean {
    return this.#waiting.length > 0
  }

  /** Whether no more should be read before `room` says so: too much waits, or nothing more can pass. */
  get isFull (): boolean {
    return this.#failure !== null || this.#bytes > ORDERED_LIMITS.bytes || this.#waiting.length > ORDERED_LIMITS.pieces
  }

  /** Adds a piece: behind what waits or, when called by a `pass`, in the place of what that one waited for. */
  emit (piece: Buffer): void {
    if (this.#waiting.length === 0 || this.#isPassing) {
      this.#ready.push(piece)
      return
    }
    this.#bytes += piece.length
    this.#waiting.push(piece)
  }

  /**
   * Keeps a place for what is being decided. When it is, and everything before it has passed, `pass` emits what goes there.
   *
   * @param bytes what is kept of it until then
   */
  after<T> (decision: Promise<T>, bytes: number, pass: (decided: T) => void): void {
    const turn: Turn = { bytes, pass: null }
    this.#waiting.push(turn)
    this.#bytes += bytes
    decision.then((decided) => {
      turn.pass = () => pass(decided)
      this.#advance()
    }).catch((thrown: unknown) => this.#fail(thrown))
  }

  /** Writes what need not wait. */
  flush (): void {
    const [first] = this.#ready
    if (first === undefined) return
    const bytes = this.#ready.length === 1 ? first : Buffer.concat(this.#ready)
    this.#ready = []
    this.#write(bytes)
  }

  /** Resolves when nothing waits. @throws what a decision or a `pass` threw; nothing that came after it has passed, or will */
  async settled (): Promise<void> {
    await this.#until(() => this.#waiting.length === 0)
  }

  /** Resolves when it is not full. @throws as `settled` does */
  async room (): Promise<void> {
    await this.#until(() => !this.isFull)
  }

  async #until (isSo: () => boolean): Promise<void> {
    if (!isSo()) this.flush()
    while (this.#failure === null && !isSo()) await new Promise<void>((resolve) => { this.#wake = resolve })
    if (this.#failure !== null) throw this.#failure.thrown
  }

  #advance (): void {
    let passed = 0
    this.#isPassing = true
    try {
      for (const next of this.#waiting) {
        if (!this.#take(next)) break
        passed += 1
      }
    } finally {
      this.#isPassing = false
    }
    if (passed === 0) return
    this.#waiting.splice(0, passed)
    this.flush()
    this.#wakeUp()
  }

  #take (next: Buffer | Turn): boolean {
    if (Buffer.isBuffer(next)) {
      this.#ready.push(next)
      this.#bytes -= next.length
      return true
    }
    if (next.pass === null) return false
    next.pass()
    this.#bytes -= next.bytes
    return true
  }

  // What stands behind it could rest on it (an index, a count of calls), so none of it may pass either.
  #fail (thrown: unknown): void {
    this.#failure ??= { thrown }
    this.#waiting.length = 0
    this.#bytes = 0
    this.#wakeUp()
  }

  #wakeUp (): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
