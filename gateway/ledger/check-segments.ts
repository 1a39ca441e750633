import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { createSegmentCheck, type SegmentReport } from './check-segment.ts'

const MAX_THREADS = 8 // more would wait for the disk
const SMALL_BYTES = 16 * 1024 * 1024 // checked before another thread has started

/** What a thread says: that more entries were good, or what a segment holds. */
export type ThreadMessage = { readonly more: number } | { readonly report: SegmentReport }

/**
 * Checks segments, those of a large journal on a thread for each core, and tells in their order what they hold. Whoever stops listening ends it.
 *
 * @param threads default: as many as there are cores and segments worth one
 * @throws Error of the file system
 */
export async function * checkSegments (paths: readonly string[], onEntries: (more: number) => void, threads?: number): AsyncGenerator<SegmentReport> {
  const wanted = threads ?? await threadsFor(paths)
  if (wanted < 2) {
    const check = createSegmentCheck()
    for (const path of paths) yield check(path, onEntries)
    return
  }
  yield * onThreads(paths, wanted, onEntries)
}

async function threadsFor (paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  return Math.min(availableParallelism(), MAX_THREADS, sizes.filter((size) => size > SMALL_BYTES).length)
}

async function * onThreads (paths: readonly string[], threads: number, onEntries: (more: number) => void): AsyncGenerator<SegmentReport> {
  const found = paths.map(deferred)
  let begun = 0
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./segment-thread.js', import.meta.url)))
  for (const worker of workers) {
    let current = -1
    const goOn = (): void => {
      current = begun
      begun += 1
      if (current < paths.length) worker.postMessage(paths[current])
    }
    worker.on('message', (message: ThreadMessage) => {
      if ('more' in message) return onEntries(message.more)
      found[current]?.resolve(message.report)
      goOn()
    })
    worker.on('error', (error) => { for (const { reject } of found) reject(error) })
    goOn()
  }
  try {
    for (const { promise } of found) yield await promise
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

interface Deferred { readonly promise: Promise<SegmentReport>, resolve (report: SegmentReport): void, reject (error: Error): void }

function deferred (): Deferred {
  let settle: Pick<Deferred, 'resolve' | 'reject'> | undefined
  const promise = new Promise<SegmentReport>((resolve, reject) => { settle = { resolve, reject } })
  promise.catch(() => undefined) // heard by whoever comes to it
  return { promise, ...settle as Pick<Deferred, 'resolve' | 'reject'> }
}
