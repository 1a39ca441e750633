import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import type { Approval } from './approval.ts'
import type { Approvals } from './approvals.ts'

const EVERY_MS = 1_000 // how late it is said that nobody answered; a look at the oldest approval costs nothing

/** Records from now on which calls nobody answered in time, each once, also over restarts. @returns what ends that */
export function recordExpired (approvals: Pick<Approvals, 'sweep' | 'markExpired'>, append: (body: EntryBody) => Promise<unknown>, onWarning: (message: string, cause: unknown) => void): () => void {
  async function record ({ id, requestedBy, app, environment, session, digest }: Approval): Promise<void> {
    await append({ ...eventBody('approval-expired', null, { approval: id, requestedBy, digest }), app, environment, session })
    // Marked when it is on disk: a crash between the two says it twice, never not at all.
    approvals.markExpired(id)
  }
  const timer = setInterval(() => {
    for (const approval of approvals.sweep()) record(approval).catch((cause: unknown) => onWarning('that nobody answered an approval could not be recorded; the next start will say it', cause))
  }, EVERY_MS).unref()
  return () => { clearInterval(timer) }
}
