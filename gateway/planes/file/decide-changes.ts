import type { Context } from '../../core/actor.ts'
import type { Govern, Governed } from '../../core/govern.ts'
import type { ApprovalQueue, Ledger } from '../../core/ports.ts'
import type { PermittedChange } from '../../project/change.ts'
import type { Candidate } from './candidates.ts'

const BATCH = 64 // decisions whose ledger entries share a group commit

/** A change that waits for a second person. The digest says for exactly which content. */
export interface HeldChange { readonly digest: string, readonly approval: string }

/** What was decided about one path. */
export interface Decided { readonly candidate: Candidate, readonly governed: Governed }

export interface Outcome {
  readonly allowed: readonly (PermittedChange & { readonly governed: Governed })[]
  /** By path; those still held from earlier turns included. */
  readonly pending: ReadonlyMap<string, HeldChange>
  readonly denied: readonly Decided[]
}

export interface DecidePorts {
  readonly govern: Govern
  readonly approvals: Pick<ApprovalQueue, 'find'>
  readonly ledger: Pick<Ledger, 'settle'>
}

/**
 * Asks policy about every candidate, in order. What is held already is not asked again while it is unchanged and nobody
 * has approved it.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_APPEND
 */
export async function decideChanges (candidates: readonly Candidate[], held: ReadonlyMap<string, HeldChange>, context: Context, ports: DecidePorts): Promise<Outcome> {
  const pending = new Map<string, HeldChange>()
  const asked = candidates.filter((candidate) => {
    const known = held.get(candidate.path)
    const waits = known?.digest === candidate.call.digest && ports.approvals.find(known.digest, context) === null
    if (waits) pending.set(candidate.path, known)
    return !waits
  })
  const allowed: Outcome['allowed'][number][] = []
  const denied: Decided[] = []
  for (const { candidate, governed } of await governAll(asked, context, ports.govern)) {
    const change = permitted(candidate, governed)
    if (governed.permit === null && governed.approval !== null) pending.set(candidate.path, { digest: candidate.call.digest, approval: governed.approval })
    else if (change !== null) allowed.push(change)
    else denied.push(refusedLate(candidate, governed, ports.ledger))
  }
  return { allowed, pending, denied }
}

async function governAll (candidates: readonly Candidate[], context: Context, govern: Govern): Promise<Decided[]> {
  const decided: Decided[] = []
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH)
    decided.push(...await Promise.all(batch.map(async (candidate) => ({
      candidate, governed: await govern({ kind: 'tool-call', call: candidate.call }, context),
    }))))
  }
  return decided
}

/** The change with its permit, if policy allowed it and decided about the very path that would be committed. */
function permitted (candidate: Candidate, governed: Governed): Outcome['allowed'][number] | null {
  if (governed.permit === null || candidate.change === null) return null
  // Facts follow links as they are at that moment. An agent that swaps a folder for a link between the scan and the
  // decision could have `.github/x` decided as `src/x`.
  const [target, ...more] = governed.facts?.targets ?? []
  if (target?.path !== candidate.path || more.length > 0) return null
  return { ...candidate.change, snapshot: candidate.snapshot, permit: governed.permit, governed }
}

// An allow that can not be used must not stay open in the ledger.
function refusedLate (candidate: Candidate, governed: Governed, ledger: Pick<Ledger, 'settle'>): Decided {
  if (governed.permit !== null) {
    ledger.settle(governed.permit, 'failed', { reason: candidate.change === null ? 'never-committed' : 'path-moved' })
  }
  return { candidate, governed }
}
