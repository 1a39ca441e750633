import { eventBody, type EntryBody } from '../core/ledger-entry.ts'
import type { Approvals } from './approvals.ts'

const EVERY_MS = 30_000 // how late the ledger may say that nobody answered

/** Records from now on which calls nobody answered in time. @returns what ends that */
export function recordExpired (approvals: Approvals, record: (body: EntryBody) => void): () => void {
  const timer = setInterval(() => {
    for (const { id, requestedBy, app, environment, session, digest } of approvals.sweep()) {
      record({ ...eventBody('approval-expired', null, { approval: id, requestedBy, digest }), app, environment, session })
    }
  }, EVERY_MS).unref()
  return () => { clearInterval(timer) }
}
