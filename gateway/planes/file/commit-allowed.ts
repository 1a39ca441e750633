import type { Context } from '../../core/actor.ts'
import { eventBody, type EntryBody } from '../../core/ledger-entry.ts'
import type { Ledger } from '../../core/ports.ts'
import type { CommitResult } from '../../project/commit.ts'
import type { Project } from '../../project/project.ts'
import type { Outcome } from './decide-changes.ts'

const MAX_NAMED_PATHS = 20 // in an event; the decisions name them all

export interface CommitTurn {
  readonly ports: { readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void } }
  readonly project: Pick<Project, 'commit'>
  readonly context: Context
  readonly sessionId: string
}

/**
 * Makes the turn's one commit and records what became of every permit.
 *
 * @throws GatewayError WEIR_ERR_PROJECT, with every permit settled as failed
 */
export async function commitAllowed (turn: CommitTurn, allowed: Outcome['allowed'], counts: Readonly<Record<string, number>>): Promise<CommitResult> {
  const { ledger } = turn.ports
  const result = await makeCommit(turn, allowed)
  if (result.kind === 'conflict') {
    for (const { permit } of allowed) ledger.settle(permit, 'failed', { reason: 'commit-conflict' })
    ledger.record(eventBody('commit-conflict', turn.context, { paths: result.paths.slice(0, MAX_NAMED_PATHS), count: result.paths.length, files: allowed.length }))
    return result
  }
  for (const { permit, next } of allowed) ledger.settle(permit, 'done', { commit: result.commit, blob: next?.id ?? null })
  ledger.record(eventBody('change-set-committed', turn.context, { commit: result.commit, files: allowed.length, ...counts }))
  return result
}

async function makeCommit (turn: CommitTurn, allowed: Outcome['allowed']): Promise<CommitResult> {
  const { project, context } = turn
  try {
    return await project.commit(context.environment, { changes: allowed, author: context.actor.id, subject: subjectOf(allowed), trailers: trailersOf(turn, allowed) })
  } catch (error) {
    for (const { permit } of allowed) turn.ports.ledger.settle(permit, 'failed', { reason: 'project' })
    throw error
  }
}

function subjectOf (allowed: Outcome['allowed']): string {
  const [only, ...more] = allowed
  return more.length === 0 && only !== undefined ? `${only.next === null ? 'Delete' : 'Change'} ${only.path}`.slice(0, 200) : `Change ${allowed.length} files`
}

// Enough to find, from a commit alone, who asked, what decided, and where it is recorded.
function trailersOf ({ sessionId }: CommitTurn, allowed: Outcome['allowed']): (readonly [string, string])[] {
  const decisions = allowed.map(({ governed }) => governed.decision)
  return [
    ['Weir-Session', sessionId],
    ['Weir-Entry', rangesOf(allowed.map(({ governed }) => governed.entry)).join(', ')],
    ...[...new Set(decisions.map(({ rule }) => rule))].sort().map((rule) => ['Weir-Rule', rule] as const),
    ...[...new Set(decisions.map(({ revision }) => revision))].sort().map((revision) => ['Weir-Revision', revision] as const),
  ]
}

/** `3, 5-7`: a large turn's entries follow each other nearly all, and one by one they would not fit into a line. */
function rangesOf (entries: readonly number[]): string[] {
  const runs: [first: number, last: number][] = []
  for (const entry of entries.toSorted((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run?.[1] === entry - 1) run[1] = entry
    else runs.push([entry, entry])
  }
  return runs.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`)
}
