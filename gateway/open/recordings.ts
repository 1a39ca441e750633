import type { Config } from '../config.ts'
import type { GatewayLog } from '../governance.ts'
import type { Journal } from '../ledger/journal.ts'
import { createRecordings, type Recordings } from '../recordings/recordings.ts'
import { sweepRecordings } from '../recordings/sweep-recordings.ts'

const SWEEP_MS = 3_600_000

export interface RecordingsPorts {
  readonly config: Config
  readonly journal: Journal
  /** The keys of providers that this gateway holds. */
  readonly keys: () => readonly string[]
  readonly log: GatewayLog
}

/** Recordings of terminals, and the end of those that are old: looked for now and every hour, when `terminals.keep` is set. */
export function openRecordings ({ config, journal, keys, log }: RecordingsPorts): { readonly recordings: Recordings, close (): Promise<void> } {
  const { dataDir, terminals } = config
  const recordings = createRecordings({
    dataDir,
    input: terminals.recordInput,
    maxBytes: terminals.recordingBytes,
    ledger: journal,
    keys,
    nowMs: Date.now,
    onWarning: (message, cause) => log.warn({ err: cause }, message),
  })
  const { keepMs } = terminals
  if (keepMs === null) return { recordings, close: async () => {} }
  let sweeping = Promise.resolve()
  const sweep = (): void => {
    sweeping = sweeping.then(async () => { await sweepRecordings({ dataDir, keepMs, ledger: journal, isOpen: recordings.isOpen, nowMs: Date.now }) })
      .catch((cause: unknown) => { log.warn({ err: cause }, 'old recordings could not be removed') })
  }
  const timer = setInterval(sweep, SWEEP_MS).unref()
  sweep()
  return {
    recordings,
    async close () {
      clearInterval(timer)
      await sweeping
    },
  }
}
