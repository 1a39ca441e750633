/** Memory that the gateway's thread and the one that writes the ledger share: a few words, and the bytes of one write. */
export interface SharedWrite { readonly words: SharedArrayBuffer, readonly bytes: SharedArrayBuffer }

/** Most bytes of one write. A group of `append-queue.ts` has fewer, also in UTF-8 and with each entry's index, time and hashes. */
export const MAX_WRITE_BYTES = 4 * 1024 * 1024

/** The words, 32 bits each. `asked` and `done` count writes: while they differ, the other words and the bytes are the writing thread's. */
export const WORD = { asked: 0, done: 1, /** 1: the gateway's thread wants a message at the end. */ isAwaited: 2, file: 3, length: 4, /** 0, or a negative errno. */ errno: 5, position: 6 } as const

const WORDS = 8

export function allocateWrite (): SharedWrite {
  return { words: new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT), bytes: new SharedArrayBuffer(MAX_WRITE_BYTES) }
}

export interface WriteViews { readonly words: Int32Array, readonly bytes: Buffer, /** Where in the file the bytes belong. */ readonly position: Float64Array }

export function viewsOf ({ words, bytes }: SharedWrite): WriteViews {
  return { words: new Int32Array(words), bytes: Buffer.from(bytes), position: new Float64Array(words, WORD.position * Int32Array.BYTES_PER_ELEMENT, 1) }
}
