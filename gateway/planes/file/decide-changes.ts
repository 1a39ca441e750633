import type { Context } from '../../core/actor.ts'
import { HOST_RULES } from '../../core/decision.ts'
import type { Govern, Governed } from '../../core/govern.ts'
import type { ApprovalQueue, Ledger } from '../../core/ports.ts'
import type { PermittedChange } from '../../project/change.ts'
import type { Candidate } from './candidates.ts'
import type { TellProgress } from './turn-progress.ts'

const BATCH = 64 // decisions whose ledger entries share a group commit

/** A change that waits for a second person. The digest says for exactly which content. */
export interface HeldChange { readonly digest: string, readonly approval: string, readonly candidate: Candidate }

/** A change that is thrown out, with what to tell the model. */
export interface DeniedChange { readonly candidate: Candidate, readonly rule: string, readonly feedback: string }

interface Decided { readonly candidate: Candidate, readonly governed: Governed }

export interface Outcome {
  readonly allowed: readonly (PermittedChange & { readonly governed: Governed })[]
  /** By path; those still held from earlier turns included. */
  readonly pending: ReadonlyMap<string, HeldChange>
  readonly denied: readonly DeniedChange[]
}

export interface DecidePorts {
  readonly govern: Govern
  readonly approvals: Pick<ApprovalQueue, 'find'> & { isStale (id: string): boolean }
  readonly ledger: Pick<Ledger, 'settle'>
}

/**
 * Asks policy about every candidate, in order. What is held already is not asked again while it is unchanged and nobody
 * has approved it, and policy is the one that held it.
 *
 * @throws GatewayError WEIR_ERR_LEDGER_APPEND
 */
export async function decideChanges (candidates: readonly Candidate[], held: ReadonlyMap<string, HeldChange>, context: Context, ports: DecidePorts, progress?: TellProgress): Promise<Outcome> {
  const pending = new Map<string, HeldChange>()
  const asked = candidates.filter((candidate) => {
    const known = held.get(candidate.path)
    const waits = known?.digest === candidate.call.digest && ports.approvals.find(known.digest, context) === null && !ports.approvals.isStale(known.approval)
    if (waits) pending.set(candidate.path, { ...known, candidate })
    return !waits
  })
  const allowed: Outcome['allowed'][number][] = []
  const denied: DeniedChange[] = []
  for (const { candidate, governed } of await governAll(asked, context, ports.govern, progress)) {
    const change = permitted(candidate, governed)
    if (governed.permit === null && governed.approval !== null) pending.set(candidate.path, { digest: candidate.call.digest, approval: governed.approval, candidate })
    else if (change !== null) allowed.push(change)
    else denied.push(denial(candidate, governed, ports.ledger))
  }
  return { allowed, pending, denied }
}

async function governAll (candidates: readonly Candidate[], context: Context, govern: Govern, progress?: TellProgress): Promise<Decided[]> {
  const decided: Decided[] = []
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH)
    decided.push(...await Promise.all(batch.map(async (candidate) => ({
      candidate, governed: await govern({ kind: 'tool-call', call: candidate.call }, context),
    }))))
    progress?.('decided', decided.length)
  }
  return decided
}

/** The change with its permit, if policy allowed it and decided about the very path that would be committed. */
export function permitted (candidate: Pick<Candidate, 'path' | 'change' | 'snapshot'>, governed: Governed): Outcome['allowed'][number] | null {
  if (governed.permit === null || candidate.change === null) return null
  // Facts follow links as they are at that moment. An agent that swaps a folder for a link between the scan and the
  // decision could have `.github/x` decided as `src/x`.
  const [target, ...more] = governed.facts?.targets ?? []
  if (target === undefined || more.length > 0 || !isAt(target.path, candidate.path)) return null
  return { ...candidate.change, snapshot: candidate.snapshot, permit: governed.permit, governed }
}

// `./~x` is the canonical form of a file whose name looks like a home folder.
function isAt (canonical: string, path: string): boolean {
  return canonical === path || canonical === `./${path}`
}

function denial (candidate: Candidate, { decision, permit }: Governed, ledger: Pick<Ledger, 'settle'>): DeniedChange {
  if (permit === null) return { candidate, rule: decision.rule, feedback: decision.feedback }
  // An allow that can not be used must not stay open in the ledger.
  const reason = candidate.change === null ? 'never-committed' : 'path-moved'
  ledger.settle(permit, 'failed', { reason })
  return { candidate, rule: HOST_RULES.classify, feedback: `${candidate.path} was not committed: ${REASONS[reason]}.` }
}

const REASONS = {
  'never-committed': 'secret files are never part of a project',
  'path-moved': 'the path led somewhere else when it was decided',
} as const
