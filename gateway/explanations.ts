import { Worker } from 'node:worker_threads'
import { GatewayError } from './core/errors.ts'
import type { RuleOutcome } from './policy/explain/explain-rules.ts'

const MAX_MS = 20_000
const MAX_HEAP_MB = 512

/** What every rule says to an input; `unexplained` is why that cannot be told, null when it can. */
export interface Explained { readonly rules: readonly RuleOutcome[], readonly unexplained: string | null }

/** `revision` is the policy in force, which the folder must still be. `env` is where OPA is looked for. */
export interface ExplainTask { readonly dir: string, readonly revision: string, readonly input: unknown, readonly env: NodeJS.ProcessEnv }

export interface Explanations {
  /**
   * Asks the rules one by one. One question at a time: it takes a whole core.
   *
   * @throws GatewayError WEIR_ERR_RATE while another is asked
   */
  of (revision: string, input: unknown): Promise<Explained>
  close (): Promise<void>
}

/** @param dir the folder that policy comes from; null when it comes as a bundle, which keeps no sources */
export function createExplanations (dir: string | null, env: NodeJS.ProcessEnv, maxMs = MAX_MS): Explanations {
  let running: Worker | null = null
  return {
    async of (revision, input) {
      if (dir === null) return { rules: [], unexplained: 'Policy comes as a bundle here, which keeps no sources: ask with weir policy eval where they are.' }
      if (running !== null) throw new GatewayError('WEIR_ERR_RATE', 'Another question is being explained; there can be one at a time.')
      const { OPA_BIN, PATH } = env
      const task: ExplainTask = { dir, revision, input, env: { OPA_BIN, PATH } }
      const worker = new Worker(new URL('./explain-thread.js', import.meta.url), { workerData: task, env: {}, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } })
      running = worker
      try {
        return await answerOf(worker, maxMs)
      } finally {
        await worker.terminate()
        running = null
      }
    },
    close: async () => { await running?.terminate() },
  }
}

async function answerOf (worker: Worker, maxMs: number): Promise<Explained> {
  return await new Promise((resolve) => {
    const give = (unexplained: string): void => { resolve({ rules: [], unexplained }) }
    const timer = setTimeout(() => give(`It took longer than ${maxMs / 1_000} s. Ask with weir policy eval.`), maxMs)
    worker.once('message', (explained: Explained) => resolve(explained))
    worker.once('error', () => give('The rules could not be asked one by one.'))
    worker.once('exit', () => give('The rules could not be asked one by one.'))
    worker.once('exit', () => clearTimeout(timer))
  })
}
