import { getSystemErrorName } from 'node:util'
import { Worker } from 'node:worker_threads'
import { allocateWrite, MAX_WRITE_BYTES, viewsOf, WORD } from './shared-write.ts'

/** `null` and the bytes that are durable now, or the error of the file system; how much was written is not known then. */
type Done = (error: Error | null, bytes: number) => void

/**
 * Durable writes on a thread of their own, one at a time. That one has ended is seen at any `poll`, not only when the event loop comes
 * round: a turn that decides many calls would otherwise answer them all together, at its end, and have nothing to do meanwhile.
 */
export interface DurableWriter {
  /** Begins a write of at most `MAX_WRITE_BYTES` of UTF-8; none is under way. `done` is called once: by a `poll`, or by the event loop. */
  write (fd: number, text: string, position: number, done: Done): void
  /** Calls `done` when the write under way has ended. @returns whether none is under way now */
  poll (): boolean
  /** Why no write succeeds any more, or null: the thread has ended, and is not begun again. */
  fault (): Error | null
  /** Ends the thread. A write after it fails. */
  close (): Promise<void>
}

const MAX_HEAP_MB = 16
/** Most bytes of UTF-8 that one UTF-16 code unit becomes. */
const MAX_UNIT_BYTES = 3

/** @param onFault told once when the thread has ended and nobody closed it */
export function startDurableWriter (onFault: (fault: Error) => void = () => {}): DurableWriter {
  const shared = allocateWrite()
  const { words, bytes, position: place } = viewsOf(shared)
  const worker = new Worker(new URL('./write-thread.js', import.meta.url), { workerData: shared, env: {}, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } })
  worker.unref() // an open journal keeps no process alive; a write does
  let pending: { readonly done: Done, readonly bytes: number } | null = null
  let isWatched = false
  let fault: Error | null = null
  let isClosed = false
  worker.on('message', () => { poll() })
  worker.on('error', fail)
  worker.on('exit', () => { fail(new Error('the thread that writes the ledger has ended')) })

  function fail (error: Error): void {
    if (fault === null && !isClosed) onFault(error)
    fault ??= error
    finish(fault)
  }

  function finish (error: Error | null): void {
    const ended = pending
    pending = null
    if (Atomics.exchange(words, WORD.isAwaited, 0) === 1) worker.unref()
    ended?.done(error, ended.bytes)
  }

  function poll (): boolean {
    if (pending === null) return true
    if (Atomics.load(words, WORD.done) !== Atomics.load(words, WORD.asked)) return false
    const errno = words[WORD.errno] ?? 0
    finish(errno === 0 ? null : systemError(errno))
    return pending === null
  }

  // While this turn of the event loop lasts, whoever appends polls. From its end on a message is wanted, which costs more than the poll.
  function watch (): void {
    isWatched = false
    if (pending === null) return
    worker.ref()
    Atomics.store(words, WORD.isAwaited, 1)
    poll() // it may have ended just before the thread could see that
  }

  return {
    write (fd, text, position, done) {
      const fits = text.length * MAX_UNIT_BYTES <= MAX_WRITE_BYTES || Buffer.byteLength(text) <= MAX_WRITE_BYTES
      const impossible = fault ?? (fits ? null : new RangeError(`A write has at most ${MAX_WRITE_BYTES} bytes.`))
      if (impossible !== null) return queueMicrotask(() => { done(impossible, 0) })
      const length = bytes.write(text, 'utf8')
      pending = { done, bytes: length }
      words[WORD.file] = fd
      words[WORD.length] = length
      place[0] = position
      Atomics.add(words, WORD.asked, 1)
      Atomics.notify(words, WORD.asked)
      if (isWatched) return
      isWatched = true
      setImmediate(watch)
    },
    poll,
    fault: () => fault,
    async close () {
      isClosed = true
      await worker.terminate()
    },
  }
}

function systemError (errno: number): Error {
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`${code}: a write to the ledger failed`), { code, errno })
}
