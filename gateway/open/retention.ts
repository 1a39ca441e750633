import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { GatewayError } from '../core/errors.ts'
import { forwardDirOf, openForwardFiles } from '../forward/forward-files.ts'
import type { GatewayLog } from '../governance.ts'
import type { Journal } from '../ledger/journal.ts'
import { expireEntries, type ExpiryOptions, type ExpiryReport } from '../retention/expire-entries.ts'
import { assertMayExpireRows, expireRows } from '../store/expire-rows.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/store.ts'
import { originOf } from '../transparency/log-place.ts'
import type { TransparencyLog } from '../transparency/transparency-log.ts'

const REST_FACTOR = 9 // a tenth of a core, so that requests do not wait for it
const LONGEST_TURN_MS = 50 // what took longer was a wait for the store or the disk, after which there is nothing to rest from
const CATCH_UP_MS = 600_000

export interface ExpiryPorts {
  readonly config: Config
  readonly journal: Journal
  readonly journalDir: string
  readonly ledgerLog: Pick<TransparencyLog, 'sign'>
  readonly store: Store
  readonly mirror: Mirror
}

/** Expires what the configuration lets expire, once. @throws as `expireEntries`, and WEIR_ERR_STORE */
export async function expireOnce ({ config, journal, journalDir, ledgerLog, store, mirror }: ExpiryPorts, run: Pick<ExpiryOptions, 'by' | 'pace' | 'settled'>): Promise<ExpiryReport> {
  return await expireEntries({
    ...run,
    journalDir,
    rules: config.retention?.rules ?? [],
    nowMs: Date.now,
    effects: {
      ledger: journal,
      sign: (upTo) => ledgerLog.sign(upTo),
      async haveAll (upTo) {
        await assertMayExpireRows(store)
        await mirror.caughtUp(CATCH_UP_MS)
        return mirror.mirrored() >= upTo && await areForwarded(upTo, config, journalDir)
      },
      async forget (segment, indexes) {
        await mirror.caughtUp(CATCH_UP_MS) // the store believes an entry of its own only
        await expireRows(store, segment, indexes)
      },
    },
  })
}

/** Whether every configured receiver has the entries up to this index. */
async function areForwarded (upTo: number, { forward = {}, dataDir }: Config, journalDir: string): Promise<boolean> {
  const origin = await originOf(journalDir)
  for (const name of Object.keys(forward)) {
    const { place } = await openForwardFiles(forwardDirOf(dataDir), name)
    if (place === null || place.origin !== origin || place.next <= upTo) return false
  }
  return true
}

/** Has entries expire: from `start` on, as often as `ledger.retention` says. Does nothing without it. */
export function openRetention (ports: ExpiryPorts & { readonly log: GatewayLog }): { start (): void, close (): Promise<void> } {
  const { config: { retention }, log } = ports
  if (retention === undefined) return { start: () => {}, close: async () => {} }
  const stop = new AbortController()
  const settled = new Map<number, string>()
  let beganAt = performance.now()

  async function pace (): Promise<void> {
    await delay(Math.min(performance.now() - beganAt, LONGEST_TURN_MS) * REST_FACTOR, undefined, { signal: stop.signal, ref: false })
    beganAt = performance.now()
  }

  async function look (): Promise<void> {
    beganAt = performance.now()
    try {
      const { entries, segments, waiting } = await expireOnce(ports, { by: 'gateway', pace, settled })
      if (entries > 0) log.info({ entries, segments }, 'entries of the ledger expired')
      if (waiting > 0) log.warn({ segments: waiting }, 'old entries of the ledger stay: the store or a receiver does not have them yet')
    } catch (cause) {
      if (!stop.signal.aborted) log.warn({ err: cause, code: cause instanceof GatewayError ? cause.code : undefined }, 'old entries of the ledger could not expire')
    }
  }

  let looking = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const lookNext = (): void => { looking = looking.then(look) }
  return {
    start () {
      timer ??= setInterval(lookNext, retention.everyMs).unref()
      lookNext()
    },
    async close () {
      clearInterval(timer)
      stop.abort()
      await looking
    },
  }
}
