import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { viewsOf, WORD, type SharedWrite } from './shared-write.ts'

// Makes write after write of `durable-writer.ts` durable, while the gateway's thread decides. What is to be written, and what became of it,
// is in the shared memory. An error that is not the file system's ends the thread, and with it every append.

const { words, bytes, position } = viewsOf(workerData as SharedWrite)

/** @returns 0, or a negative errno */
function writeAll (): number {
  const [fd, length, start] = [words[WORD.file] ?? -1, words[WORD.length] ?? 0, position[0] ?? 0]
  try {
    let written = 0
    // A full disk shows first as a short write, then as ENOSPC.
    while (written < length) written += writeSync(fd, bytes, written, length - written, start + written)
    return 0
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException
    if (errno === undefined || errno === 0) throw error
    return errno
  }
}

for (let asked = 1; ; asked = (asked + 1) | 0) {
  Atomics.wait(words, WORD.asked, (asked - 1) | 0)
  words[WORD.errno] = writeAll()
  Atomics.store(words, WORD.done, asked)
  if (Atomics.load(words, WORD.isAwaited) === 1) parentPort?.postMessage(null)
}
