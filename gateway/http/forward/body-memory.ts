import { spliced, type Splice } from '../../decode/splice.ts'

/**
 * Memory for large bodies, used again. One of 1 MiB outlives the collections of young garbage, and then only a full one frees it, which V8
 * begins anew for every 64 MiB of them: under load that took more of the machine than deciding and sending the requests.
 */
export interface BodyMemory {
  /** Memory for one body; what is in it is of another one until it is written. */
  readonly lend: (bytes: number) => Buffer
  /**
   * The body as it is given to a connection: itself, or its parts when its memory was lent. Who takes the parts asks for the next one, and
   * for the end, only when the last one is on its way or the connection is closed, which is what back-pressure makes of large parts.
   *
   * @param splice what is put into it. Default: nothing
   */
  readonly toSend: (body: Buffer, splice?: Splice | null) => Buffer | Iterable<Buffer>
  /**
   * Takes the memory back that this is part of, if it was lent: from then on there is nothing in it. A provider may answer before it has
   * read the request, and what is left of it then waits in a socket: memory whose parts were not all asked for is not used again.
   */
  readonly giveBack: (body: Buffer) => void
}

export const BODY_MEMORY = {
  /** Smaller bodies are as any other memory: they die young. */
  leastBytes: 262_144,
  /** Lengths are rounded up to this, so that a conversation that grows finds what it left. */
  stepBytes: 262_144,
  /** Kept for bodies to come. */
  keptBytes: 67_108_864,
  /** What was not needed for so long is let go. */
  idleMs: 10_000,
  /** No part of lent memory is smaller. More than any socket buffers before it says that it is full (16 KiB, 64 KiB from Node.js 22 on). */
  partBytes: 131_072,
} as const

const NOTHING = Buffer.alloc(0)

/** What is lent: how many of its sendings have begun and not ended. */
interface Loan { unsent: number }

export function createBodyMemory (): BodyMemory {
  const loans = new WeakMap<ArrayBufferLike, Loan>()
  const free = createFreeMemory()
  return {
    lend (bytes) {
      if (bytes < BODY_MEMORY.leastBytes) return Buffer.allocUnsafeSlow(bytes)
      const memory = free.take(bytes)
      loans.set(memory, { unsent: 0 })
      return Buffer.from(memory, 0, bytes)
    },
    toSend (body, splice = null) {
      const loan = loans.get(body.buffer)
      return loan === undefined ? spliced(body, splice) : partsOf(body, splice, loan)
    },
    giveBack ({ buffer }) {
      const loan = loans.get(buffer)
      if (loan === undefined) return
      loans.delete(buffer)
      if (loan.unsent > 0) return
      // Whoever still has a view of it sees an empty one, not the next customer's prompt.
      free.add(structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] }))
    },
  }
}

function * partsOf (body: Buffer, splice: Splice | null, loan: Loan): Iterable<Buffer> {
  loan.unsent += 1
  if (splice === null) yield * largeParts(body)
  else yield * partsAround(body, splice)
  loan.unsent -= 1
}

// Behind a short piece of lent memory the next one would be asked for while it still waits in the socket: such a piece is copied.
function * partsAround (body: Buffer, { start, end, bytes }: Splice): Iterable<Buffer> {
  const head = body.subarray(0, start)
  const tail = body.subarray(end)
  if (!isShort(head)) yield * largeParts(head)
  yield Buffer.concat([isShort(head) ? head : NOTHING, bytes, isShort(tail) ? tail : NOTHING])
  if (!isShort(tail)) yield * largeParts(tail)
}

function * largeParts (bytes: Buffer): Iterable<Buffer> {
  const { partBytes } = BODY_MEMORY
  for (let at = 0; at < bytes.length;) {
    const end = bytes.length - at < 2 * partBytes ? bytes.length : at + partBytes
    yield bytes.subarray(at, end)
    at = end
  }
}

function isShort (piece: Buffer): boolean {
  return piece.length < BODY_MEMORY.partBytes
}

interface FreeMemory { take (bytes: number): ArrayBuffer, add (memory: ArrayBuffer): void }

function createFreeMemory (): FreeMemory {
  const free: ArrayBuffer[] = []
  let bytes = 0
  let leastFree = 0 // since the timer last rang: so many at the beginning of the list were not needed
  let timer: NodeJS.Timeout | null = null

  function remove (from: number, count: number): ArrayBuffer | undefined {
    const removed = free.splice(from, count)
    for (const { byteLength } of removed) bytes -= byteLength
    leastFree = Math.min(leastFree, free.length)
    return removed[0]
  }
  function letGo (): void {
    remove(0, leastFree)
    leastFree = free.length
    timer = free.length === 0 ? null : setTimeout(letGo, BODY_MEMORY.idleMs).unref()
  }

  return {
    take (needed) {
      const length = Math.ceil(needed / BODY_MEMORY.stepBytes) * BODY_MEMORY.stepBytes
      const at = free.findLastIndex(({ byteLength }) => byteLength >= length && byteLength <= 2 * length)
      return (at === -1 ? undefined : remove(at, 1)) ?? Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer
    },
    add (memory) {
      if (bytes + memory.byteLength > BODY_MEMORY.keptBytes) return
      free.push(memory)
      bytes += memory.byteLength
      timer ??= setTimeout(letGo, BODY_MEMORY.idleMs).unref()
    },
  }
}
