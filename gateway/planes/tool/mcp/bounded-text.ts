/** Text of which the beginning and the end are kept, within a bound. */
export interface BoundedText {
  add (text: string): void
  /** How much was added, UTF-16 units. */
  readonly chars: number
  read (): string
}

/** @param most UTF-16 units that are kept */
export function createBoundedText (most: number): BoundedText {
  const half = Math.floor(most / 2)
  let head = ''
  let tail = ''
  let chars = 0
  return {
    add (text) {
      chars += text.length
      const room = half - head.length
      head += text.slice(0, room)
      tail += text.slice(room)
      if (tail.length > 2 * half) tail = tail.slice(-half) // not at each piece: to copy half of it for a few characters would cost more than they do
    },
    get chars () { return chars },
    read () {
      const end = tail.slice(-half)
      const left = chars - head.length - end.length
      // Cutting can halve a surrogate pair, and UTF-8 has no form for one half.
      return Buffer.from(left === 0 ? head + end : `${head}\n[… ${left} characters left out …]\n${end}`).toString()
    },
  }
}
