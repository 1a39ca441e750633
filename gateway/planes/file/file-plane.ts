import type { LimitsConfig } from '../../config.ts'
import type { Context } from '../../core/actor.ts'
import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { ApprovalQueue, Ledger } from '../../core/ports.ts'
import type { PathClass } from '../../core/tool-call.ts'
import type { Project } from '../../project/project.ts'
import type { TreeEntry } from '../../project/tree.ts'
import type { AgentSession } from '../../sessions/session.ts'
import { openWorkspaceFs, type OverlayMount, type WorkspaceFs } from '../../../sandbox/workspace-fs.ts'
import { candidatesOf, type Candidate } from './candidates.ts'
import { unreadableCall } from './change-call.ts'
import { commitAllowed } from './commit-allowed.ts'
import { commitHeld, type HeldCommit } from './commit-held.ts'
import { decideChanges, type HeldChange, type Outcome } from './decide-changes.ts'
import type { HeldStore } from './held-store.ts'
import { restoreWorkspace } from './restore-workspace.ts'
import { scanWorkspace, type Scan } from './scan-workspace.ts'
import { openSnapshots } from './snapshots.ts'

export interface FilePlanePorts {
  readonly govern: Govern
  readonly project: (app: string) => Project | Promise<Project>
  /** Class of a workspace-relative path, by the policy data in force now. */
  readonly classOf: (path: string) => PathClass
  readonly ledger: Pick<Ledger, 'settle'> & { record (body: EntryBody): void }
  readonly approvals: Pick<ApprovalQueue, 'find'> & { isStale (id: string): boolean }
  /** Where pending changes outlive their session. Without it they end with the session, whatever is approved later. */
  readonly held?: HeldStore
  readonly limits: Pick<LimitsConfig, 'fileBytes' | 'changedFiles'>
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
  /** Allowed, but somebody else changed the same paths: stay in the workspace, uncommitted. */
  readonly conflicts: readonly string[]
  /** Names left alone because tools make them again, and the agent's own `.git`. */
  readonly ignored: number
}

export interface FilePlane {
  /**
   * Decides everything the agent changed since the last collection: what is allowed becomes one commit, what is pending
   * waits, what is denied is thrown out. One collection at a time per session.
   *
   * @throws GatewayError WEIR_ERR_SANDBOX, WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND: what was not committed by then stays
   * in the workspace and comes up again
   */
  collect (session: Pick<AgentSession, 'id' | 'context' | 'ended'>, sandbox: OverlayMount): Promise<CollectReport>
  /**
   * For when a change was approved whose session has ended: decides it again, with the approval, and commits exactly what
   * was approved. While the session runs, collect from it instead: its workspace has the change.
   *
   * @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND
   */
  commitHeld (approval: string): Promise<HeldCommit>
}

/** What a session's workspace stands on. */
interface SessionFiles {
  /** The release the workspace was made from, with the session's own commits applied. */
  readonly view: Map<string, TreeEntry>
  /** Paths this session committed. */
  readonly written: Set<string>
  held: ReadonlyMap<string, HeldChange>
}

/** The only way from a sandbox to a project. */
export function createFilePlane (ports: FilePlanePorts): FilePlane {
  const sessions = new Map<string, Promise<SessionFiles>>()
  return {
    async collect (session, sandbox) {
      const project = await ports.project(session.context.app)
      let files = sessions.get(session.id)
      if (files === undefined) {
        files = openFiles(project, sandbox)
        sessions.set(session.id, files)
        const forget = (): void => { sessions.delete(session.id) }
        files.catch(forget)
        session.ended.then(forget, forget)
      }
      const context = Object.freeze({ ...session.context, plane: 'file' as const })
      return await collectWith({ ports, project, context, sessionId: session.id, files: await files }, sandbox)
    },
    commitHeld: async (approval) => ports.held === undefined
      ? { kind: 'absent' }
      : await commitHeld(approval, { ...ports, held: ports.held, isRunning: (session) => sessions.has(session) }),
  }
}

async function openFiles (project: Project, sandbox: OverlayMount): Promise<SessionFiles> {
  const view = new Map(await project.tree(project.commitOf(sandbox.lowerDir)))
  return { view, written: new Set(), held: new Map() }
}

interface Turn {
  readonly ports: FilePlanePorts
  readonly project: Project
  readonly context: Context
  readonly sessionId: string
  readonly files: SessionFiles
}

async function collectWith (turn: Turn, sandbox: OverlayMount): Promise<CollectReport> {
  const fs = openWorkspaceFs(sandbox)
  const snapshots = await openSnapshots()
  try {
    const { ports, project, files, context } = turn
    const scan = await scanTurn(turn, fs)
    if (scan.overLimit) return await refuseAll(turn, scan)
    const candidates = await candidatesOf(scan, { fs, project, classOf: ports.classOf, limits: ports.limits, snapshots, view: files.view })
    const outcome = await decideChanges(candidates, files.held, context, ports)
    return await settleTurn(turn, fs, outcome, scan.ignored)
  } finally {
    fs.close()
    await snapshots.discard()
  }
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
    if (kind === null || kind === 'dir') gone.push({ path, raw, kind: 'gone', mode: 0, size: 0, mtimeMs: 0, link: null, problem: null })
  }
  return { ...scan, changes: [...scan.changes, ...gone].sort((a, b) => a.path < b.path ? -1 : 1) }
}

// Too much to look at is too much to judge. It stays in the workspace, where it harms nobody, and nothing of it is committed.
async function refuseAll ({ ports, context }: Turn, scan: Scan): Promise<CollectReport> {
  const call = unreadableCall('.', `one turn may change at most ${ports.limits.changedFiles} files`)
  const { decision } = await ports.govern({ kind: 'tool-call', call }, context)
  return { commit: null, committed: [], pending: [], denied: [{ path: '.', rule: decision.rule, feedback: decision.feedback }], conflicts: [], ignored: scan.ignored }
}

async function settleTurn (turn: Turn, fs: WorkspaceFs, outcome: Outcome, ignored: number): Promise<CollectReport> {
  const { ports, project, files } = turn
  try {
    const counts = { pending: outcome.pending.size, denied: outcome.denied.length, ignored }
    const result = outcome.allowed.length === 0 ? null : await commitAllowed(turn, outcome.allowed, counts)
    if (result?.kind === 'committed') remember(files, outcome.allowed)
    await keepPending(turn, outcome.pending)
    return report(outcome, result?.kind === 'committed' ? result.commit : null, result?.kind === 'conflict' ? result.paths : [], ignored)
  } finally {
    await discard(outcome.denied.map(({ candidate }) => candidate), { fs, project, classOf: ports.classOf, view: files.view }, ports.log)
  }
}

// What waits is also kept outside the workspace, which goes with the session. What no longer waits is dropped.
async function keepPending ({ ports, files, context, sessionId }: Turn, pending: Outcome['pending']): Promise<void> {
  const waiting = new Set([...pending.values()].map(({ approval }) => approval))
  for (const { approval } of files.held.values()) {
    if (!waiting.has(approval)) await ports.held?.drop(approval)
  }
  const known = new Set([...files.held.values()].map(({ approval }) => approval))
  for (const { approval, candidate: { change, size, snapshot } } of pending.values()) {
    if (change !== null && !known.has(approval)) await ports.held?.keep(approval, { change, size, sessionId, context }, snapshot)
  }
  files.held = pending
}

function remember (files: SessionFiles, allowed: Outcome['allowed']): void {
  for (const { path, next } of allowed) {
    if (next === null) files.view.delete(path)
    else files.view.set(path, next)
    files.written.add(path)
  }
}

async function discard (denied: readonly Candidate[], ports: Parameters<typeof restoreWorkspace>[1], log: FilePlanePorts['log']): Promise<void> {
  if (denied.length === 0) return
  const failed = await restoreWorkspace(denied, ports)
  if (failed.length > 0) log.warn({ count: failed.length }, 'denied changes could not be thrown out of a workspace; they stay uncommitted')
}

function report (outcome: Outcome, commit: string | null, conflicts: readonly string[], ignored: number): CollectReport {
  return Object.freeze({
    commit,
    committed: commit === null ? [] : outcome.allowed.map(({ path }) => path),
    pending: [...outcome.pending].map(([path, { approval }]) => ({ path, approval })).sort((a, b) => a.path < b.path ? -1 : 1),
    denied: outcome.denied.map(({ candidate, rule, feedback }) => ({ path: candidate.path, rule, feedback })),
    conflicts,
    ignored,
  })
}
