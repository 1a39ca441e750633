import type { Config } from '../config.ts'
import type { GatewayLog } from '../governance.ts'
import type { Journal } from '../ledger/journal.ts'
import { logDirOf, openLedgerKey } from '../transparency/log-place.ts'
import { openTransparencyLog, type TransparencyLog } from '../transparency/transparency-log.ts'

const CHECKPOINT_MS = 10_000

interface LedgerLogOptions { readonly config: Config, readonly journal: Journal, readonly journalDir: string, readonly log: GatewayLog }

/** The signed Merkle tree over the journal. @throws GatewayError as `openLedgerKey` and `openTransparencyLog` */
export async function openLedgerLog ({ config, journal, journalDir, log }: LedgerLogOptions): Promise<TransparencyLog> {
  return await openTransparencyLog({
    dir: logDirOf(config.dataDir),
    journalDir,
    journal,
    privateKey: openLedgerKey(config.dataDir),
    checkpointMs: config.ledger?.checkpointMs ?? CHECKPOINT_MS,
    onWarning: (message, cause) => log.warn({ err: cause }, message),
  })
}
