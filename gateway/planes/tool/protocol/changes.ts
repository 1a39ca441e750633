import type { CollectReport } from '../../file/file-plane.ts'
import { tell, type SessionExchange } from './exchange.ts'
import { changesText } from './texts.ts'

/** What became of the files that were changed, in all looks together. */
export interface Changes {
  readonly commits: readonly string[]
  readonly committed: readonly string[]
  readonly pending: CollectReport['pending']
  readonly denied: CollectReport['denied']
  readonly conflicts: readonly { readonly path: string, readonly how: string }[]
}

/**
 * Brings what was changed into the project, and says what became of it when there was anything.
 *
 * @param earlier what looks at the workspace found since the request began
 * @returns null when nothing was changed
 * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
 */
export async function tellChanges (exchange: SessionExchange, earlier: readonly CollectReport[] = []): Promise<Changes | null> {
  const { id, tools, renders } = exchange
  const changes = joined([...earlier, ...await tools.collect()])
  if (changes === null) return null
  await tell(exchange, tools.log, { type: 'changes', id, ...changes })
  if (!renders.has('diff')) await exchange.say({ type: 'text', id, text: changesText(changes) })
  return changes
}

function joined (reports: readonly CollectReport[]): Changes | null {
  const changes: Changes = {
    commits: reports.flatMap(({ commit }) => commit ?? []),
    committed: reports.flatMap(({ committed }) => committed),
    pending: reports.at(-1)?.pending ?? [],
    denied: reports.flatMap(({ denied }) => denied),
    conflicts: reports.flatMap(({ conflicts }) => conflicts.map(({ path, how }) => ({ path, how }))),
  }
  const isNothing = [changes.commits, changes.pending, changes.denied, changes.conflicts].every((list) => list.length === 0)
  return isNothing ? null : changes
}
