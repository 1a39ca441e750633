import type { LedgerEntry } from '../core/ledger-entry.ts'
import type { Store } from './store.ts'

const MOST = 1_000
const NAMES = ['release-promoted', 'release-rolled-back'] as const

/** That an environment was pointed at a release: who asked, who agreed (null: nobody had to), by which rule and policy. Times are Unix ms. */
export interface HistoryRow {
  readonly atMs: number
  readonly environment: string
  readonly action: 'promote' | 'rollback'
  readonly release: string
  readonly digest: string
  readonly commit: string
  readonly from: string | null
  readonly by: string
  readonly approval: string | null
  readonly approvedBy: string | null
  readonly rule: string | null
  readonly revision: string | null
  /** Ledger entry of the decision. */
  readonly decision: number
}

export interface HistoryWish { readonly app: string, readonly environment?: string | undefined, readonly limit: number }

/** What ran where and who let it, by the ledger; newest first. @throws GatewayError WEIR_ERR_STORE */
export async function releaseHistory (store: Store, { app, environment, limit }: HistoryWish): Promise<readonly HistoryRow[]> {
  const rows = await store.query(`
    SELECT e.entry AS event, d.entry AS decision FROM ledger e LEFT JOIN ledger d ON d.index = (e.entry #>> '{detail,decision}')::bigint
    WHERE e.kind = 'event' AND e.name IN ('${NAMES.join('\', \'')}') AND e.app = $1 AND ($2::text IS NULL OR e.environment = $2)
    ORDER BY e.index DESC LIMIT ${Math.min(limit, MOST)}`, [app, environment ?? null])
  const found = rows.flatMap((row) => rowOf(row['event'] as LedgerEntry, row['decision'] as LedgerEntry | null))
  // A gateway that was killed between the event and its own record of it tells it again.
  return found.filter(({ decision }, at) => found.findIndex((other) => other.decision === decision) === at)
}

function rowOf (event: LedgerEntry, decided: LedgerEntry | null): readonly HistoryRow[] {
  if (event.kind !== 'event') return []
  const { release, digest, commit, from, decision } = event.detail
  if (typeof decision !== 'number') return []
  const known = decided?.kind === 'decision' ? decided : null
  return [{
    atMs: event.time,
    environment: event.environment ?? '',
    action: event.name === NAMES[0] ? 'promote' : 'rollback',
    release: String(release),
    digest: String(digest),
    commit: String(commit),
    from: typeof from === 'string' ? from : null,
    by: event.actor ?? '',
    approval: known?.approval ?? null,
    approvedBy: known?.input.approval?.by ?? null,
    rule: known?.decision.rule ?? null,
    revision: known?.decision.revision ?? null,
    decision,
  }]
}
