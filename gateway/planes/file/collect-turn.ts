import type { LimitsConfig } from '../../config.ts'
import type { Context } from '../../core/actor.ts'
import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { ApprovalQueue, Ledger } from '../../core/ports.ts'
import type { PathClass } from '../../core/tool-call.ts'
import type { Conflict } from '../../project/commit.ts'
import type { Project } from '../../project/project.ts'
import type { WorkspaceFs } from '../../../sandbox/workspace-fs.ts'
import { carryApproved, type ApprovedCalls, type WorkOf } from './approved-changes.ts'
import { candidatesOf, isAsCommitted, type Candidate } from './candidates.ts'
import { unreadableCall } from './change-call.ts'
import { commitAllowed } from './commit-allowed.ts'
import { decideChanges, type Outcome } from './decide-changes.ts'
import type { HeldStore } from './held-store.ts'
import { restoreWorkspace } from './restore-workspace.ts'
import { unseen, wouldBeDenied, type ReviewPorts } from './review-call.ts'
import { scanWorkspace, type Scan } from './scan-workspace.ts'
import type { SessionFiles } from './session-files.ts'
import { settleConflicts, type SettledConflict } from './settle-conflicts.ts'
import { NO_SNAPSHOTS, openSnapshots, type Snapshots } from './snapshots.ts'
import { createProgress, type TellProgress, type TurnProgress } from './turn-progress.ts'

const MAX_LEFT = 3 // times that an agent writes over a conflict while it is settled; then it waits for the next turn

export interface FilePlanePorts extends ReviewPorts {
  readonly govern: Govern
  readonly project: (app: string) => Project | Promise<Project>
  /** Class of a workspace-relative path, by the policy data in force now. */
  readonly classOf: (path: string) => PathClass
  readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void }
  readonly approvals: Pick<ApprovalQueue, 'find'> & ApprovedCalls & { isStale (id: string): boolean }
  readonly workOf: WorkOf
  /** Where pending changes outlive their session. Without it they end with the session, whatever is approved later. */
  readonly held?: HeldStore
  /** Where a turn's content is while it is decided. Whoever names it empties it of what a killed gateway left. Default: the temporary directory. */
  readonly turnsDir?: string
  readonly limits: Pick<LimitsConfig, 'fileBytes' | 'changedFiles'>
  /** For telling people how far a large turn is. */
  readonly onProgress?: (sessionId: string, progress: TurnProgress) => void
  readonly log: { warn (detail: object, message: string): void }
}

/** What became of one turn's changes. Paths are workspace-relative and sorted. */
export interface CollectReport {
  /** The one commit that holds all of `committed`; null when nothing was committed. */
  readonly commit: string | null
  readonly committed: readonly string[]
  /** Stay in the workspace until a second person has spoken. */
  readonly pending: readonly { readonly path: string, readonly approval: string }[]
  /** Thrown out of the workspace. `feedback` is for the model. */
  readonly denied: readonly { readonly path: string, readonly rule: string, readonly feedback: string }[]
  /** Allowed, but somebody else changed the same paths since. */
  readonly conflicts: readonly SettledConflict[]
  /** Names left alone because tools make them again, and the agent's own `.git`. */
  readonly ignored: number
}

/** One look at a session's workspace. */
export interface Turn {
  readonly ports: FilePlanePorts
  readonly project: Project
  readonly context: Context
  readonly sessionId: string
  readonly files: SessionFiles
}

/**
 * Decides everything the agent changed since the last turn: what is allowed becomes one commit, what is pending waits, what is denied is
 * thrown out.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
 */
export async function collectTurn (turn: Turn, fs: WorkspaceFs, before: readonly SettledConflict[] = []): Promise<CollectReport> {
  const { ports, project, files, context } = turn
  const snapshots = openSnapshots(ports.turnsDir)
  try {
    const scan = await scanTurn(turn, fs)
    if (scan.overLimit) return await refuseAll(turn, scan)
    const progress = createProgress(turn, scan.changes.filter((found) => !isAsCommitted(found, files)).length)
    const candidates = await candidatesIn(scan, turn, fs, snapshots, progress)
    await carryApproved(candidates, context, { approvals: ports.approvals, workOf: ports.workOf, project })
    const outcome = await decideChanges(candidates, files.held, context, ports, progress)
    const result = await settleTurn(turn, fs, outcome, scan.ignored)
    if (result.kind !== 'conflict') return { ...result.report, conflicts: before }
    const conflicts = [...before, ...await settleConflicts(turn, fs, outcome.allowed, result)]
    // What merged is another content, and what is left of the turn is committed as one: both are decided anew.
    if (conflicts.length > before.length && conflicts.filter(({ how }) => how === 'left').length < MAX_LEFT) return await collectTurn(turn, fs, conflicts)
    return report({ ...outcome, allowed: [] }, null, conflicts, scan.ignored)
  } finally {
    await snapshots.discard()
  }
}

/**
 * Throws out what policy denies of the changes so far, in the middle of a turn: the next call must not find it. Nothing is committed and
 * nobody is asked.
 *
 * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
 */
export async function reviewCall (turn: Turn, fs: WorkspaceFs): Promise<CollectReport> {
  const { ports, files, context } = turn
  const scan = await scanTurn(turn, fs)
  if (scan.overLimit) return await refuseAll(turn, scan)
  const fresh = unseen(scan, files, context, ports)
  if (fresh.changes.length > 0) turn.project.expectCommit()
  const candidates = wouldBeDenied(await candidatesIn(fresh, turn, fs, NO_SNAPSHOTS), fresh, files, context, ports)
  const { denied, allowed } = await decideChanges(candidates, files.held, context, ports)
  // Policy changed between the look and the decision: what it allows now is decided again when the turn ends.
  for (const { permit } of allowed) ports.ledger.settle(permit, 'failed', { reason: 'turn-goes-on' })
  await discard(denied.map(({ candidate }) => candidate), turn, fs)
  return report({ allowed: [], pending: new Map(), denied }, null, [], scan.ignored)
}

async function candidatesIn (scan: Scan, { ports: { classOf, limits, held: store }, project, files }: Turn, fs: WorkspaceFs, snapshots: Snapshots, progress?: TellProgress): Promise<Candidate[]> {
  const { view, contents, collisions } = files
  const waiting = async (path: string): Promise<Candidate | null> => {
    const known = files.held.get(path)
    const snapshot = known === undefined ? null : await store?.contentFile(known.approval) ?? null
    return known === undefined || snapshot === null ? null : { ...known.candidate, snapshot }
  }
  let read = 0
  const onRead = (): void => { progress?.('read', read += 1) }
  return await candidatesOf(scan, { fs, project, classOf, limits, snapshots, view, contents, collisions, waiting, onRead })
}

async function scanTurn ({ ports, files }: Turn, fs: WorkspaceFs): Promise<Scan> {
  const scan = await scanWorkspace(fs, { classOf: ports.classOf, maxChanges: ports.limits.changedFiles })
  // A file this session added and committed is not in the lower layer, so its removal leaves no trace in the overlay.
  const seen = new Set(scan.changes.map(({ path }) => path))
  const gone: Scan['changes'][number][] = []
  for (const path of files.written) {
    const raw = Buffer.from(path).toString('latin1')
    if (seen.has(path) || !files.view.has(path)) continue
    const kind = await fs.kind(raw)
    // Only what is surely not there counts as removed: in a folder that the agent locked nothing can be told.
    if (kind === null || kind === 'dir') gone.push({ path, raw, kind: 'gone', mode: 0, size: 0, mtimeMs: 0, stamp: '', link: null, problem: null })
  }
  return { ...scan, changes: [...scan.changes, ...gone].sort((a, b) => a.path < b.path ? -1 : 1) }
}

// Too much to look at is too much to judge. It stays in the workspace, where it harms nobody, and nothing of it is committed.
async function refuseAll ({ ports, context }: Turn, scan: Scan): Promise<CollectReport> {
  const call = unreadableCall('.', `one turn may change at most ${ports.limits.changedFiles} files`)
  const { decision } = await ports.govern({ kind: 'tool-call', call }, context)
  return { commit: null, committed: [], pending: [], denied: [{ path: '.', rule: decision.rule, feedback: decision.feedback }], conflicts: [], ignored: scan.ignored }
}

async function settleTurn (turn: Turn, fs: WorkspaceFs, outcome: Outcome, ignored: number): Promise<Conflict | { readonly kind: 'settled', readonly report: CollectReport }> {
  const { files } = turn
  try {
    const counts = { pending: outcome.pending.size, denied: outcome.denied.length, ignored }
    const result = outcome.allowed.length === 0 ? null : await commitAllowed(turn, outcome.allowed, counts)
    if (result?.kind === 'committed') files.committed(outcome.allowed)
    await keepPending(turn, outcome.pending)
    return result?.kind === 'conflict' ? result : { kind: 'settled', report: report(outcome, result?.commit ?? null, [], ignored) }
  } finally {
    await discard(outcome.denied.map(({ candidate }) => candidate), turn, fs)
  }
}

// What waits is also kept outside the workspace, which goes with the session. What no longer waits is dropped.
async function keepPending ({ ports, files, context, sessionId }: Turn, pending: Outcome['pending']): Promise<void> {
  const known = new Set([...files.held.values()].map(({ approval }) => approval))
  for (const { approval, candidate: { change, size, snapshot } } of pending.values()) {
    if (change !== null && !known.has(approval)) await ports.held?.keep(approval, { change, size, sessionId, context }, snapshot)
  }
  // Only now: what waits under another approval than before is copied from where it was kept.
  const waiting = new Set([...pending.values()].map(({ approval }) => approval))
  for (const approval of known) {
    if (!waiting.has(approval)) await ports.held?.drop(approval)
  }
  files.held = pending
}

async function discard (denied: readonly Candidate[], { ports, project, files }: Turn, fs: WorkspaceFs): Promise<void> {
  if (denied.length === 0) return
  const failed = await restoreWorkspace(denied, { fs, project, classOf: ports.classOf, files })
  if (failed.length > 0) ports.log.warn({ count: failed.length }, 'denied changes could not be thrown out of a workspace; they stay uncommitted')
}

function report (outcome: Outcome, commit: string | null, conflicts: readonly SettledConflict[], ignored: number): CollectReport {
  return Object.freeze({
    commit,
    committed: commit === null ? [] : outcome.allowed.map(({ path }) => path),
    pending: [...outcome.pending].map(([path, { approval }]) => ({ path, approval })).sort((a, b) => a.path < b.path ? -1 : 1),
    denied: outcome.denied.map(({ candidate, rule, feedback }) => ({ path: candidate.path, rule, feedback })),
    conflicts,
    ignored,
  })
}
