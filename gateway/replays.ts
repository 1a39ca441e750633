import { Worker } from 'node:worker_threads'
import { GatewayError } from './core/errors.ts'
import type { ReplayReport } from './policy/replay/replay.ts'

const MAX_MS = 120_000
const MAX_HEAP_MB = 512

/** What to replay: a bundle as bytes, and the time of the decisions, Unix milliseconds, from inclusive. */
export interface ReplayTask { readonly archive: Uint8Array, readonly sinceMs?: number | undefined, readonly untilMs?: number | undefined, readonly examples?: number | undefined }

export interface Replays {
  /**
   * Decides what the ledger recorded again with another policy. One at a time: it takes a whole core.
   *
   * @throws GatewayError WEIR_ERR_RATE while another runs, WEIR_ERR_POLICY_BUILD when the bundle cannot be used or is too slow
   */
  run (task: ReplayTask): Promise<ReplayReport>
  close (): Promise<void>
}

/** Replays on a thread of their own. */
export function createReplays (journalDir: string, maxMs = MAX_MS): Replays {
  let running: Worker | null = null
  return {
    async run (task) {
      if (running !== null) throw new GatewayError('WEIR_ERR_RATE', 'Another replay is running; there can be one at a time.')
      const worker = new Worker(new URL('./replay-thread.js', import.meta.url), { workerData: { ...task, journalDir }, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } })
      running = worker
      try {
        return await reportOf(worker, maxMs)
      } finally {
        await worker.terminate()
        running = null
      }
    },
    close: async () => { await running?.terminate() },
  }
}

async function reportOf (worker: Worker, maxMs: number): Promise<ReplayReport> {
  return await new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void => { reject(new GatewayError('WEIR_ERR_POLICY_BUILD', message, { cause })) }
    const timer = setTimeout(() => fail(`The replay took longer than ${maxMs / 1_000} s. Name a shorter time, or use weir policy replay.`), maxMs)
    worker.once('message', (report: ReplayReport) => resolve(report))
    worker.once('error', (cause) => fail('This bundle could not be replayed.', cause))
    worker.once('exit', () => fail('The replay ended before its end.'))
    worker.once('exit', () => clearTimeout(timer))
  })
}
