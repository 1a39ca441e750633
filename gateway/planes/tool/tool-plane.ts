import type { BlankFindings } from '../../../adapters/change-arguments.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Governor, Preview } from '../../core/govern.ts'
import type { Ledger } from '../../core/ports.ts'
import type { DecodedCall } from '../../core/tool-call.ts'
import type { Approvals } from '../../approvals/approvals.ts'
import type { Caller } from '../../identity/caller.ts'
import type { AgentSession, Scope, Sessions } from '../../sessions/session.ts'
import type { SessionPart } from '../../sessions/session-ports.ts'
import type { CollectReport } from '../file/file-plane.ts'
import { LOOKING } from './looking.ts'
import { performCall, performGoverned, previewCall, type CallEnd, type OnDecided, type WishedCall } from './perform-call.ts'
import type { RestoredFile } from './runner/file-work.ts'
import { createPlanBook, type PlanBook } from './plan-book.ts'
import { createToolRunner, type ToolRunner, type ToolSandbox } from './runner/tool-runner.ts'
import type { ToolIo } from './runner/tool-result.ts'
import { createSessionLog, type SessionLog } from './session-log.ts'

export interface ToolPlanePorts {
  readonly governor: Governor
  readonly ledger: Pick<Ledger, 'settle'>
  readonly approvals: Pick<Approvals, 'whenSaid'>
  readonly blank: BlankFindings
  /** Index of the newest ledger entry. */
  readonly head: () => number
  readonly sessions: () => Pick<Sessions, 'open' | 'list'>
}

/** Who asks, in which app and environment, with which request. */
export interface Asker { readonly caller: Caller, readonly scope: Scope, readonly request: string }

/** `collectsNext`: whoever asks collects as soon as the call has ended, so that a look of its own would find the same. */
export interface PerformIo extends ToolIo { readonly protocol?: string, readonly collectsNext?: boolean }

/** One session's tools, for whoever the session belongs to. */
export interface SessionTools {
  readonly session: AgentSession
  /** What happened here. */
  readonly log: SessionLog
  readonly plans: PlanBook
  /** Ledger entries of the session's tools have a higher index. */
  readonly before: number
  /** What a call would be decided as; nothing is done or recorded. */
  preview (wish: WishedCall, context: Context, protocol?: string): Preview
  /** Decides, records, performs, records. After a call that can have changed files, what policy denies of the changes is thrown out. Throws as `performCall`. */
  perform (wish: WishedCall, context: Context, io: PerformIo, onDecided: OnDecided): Promise<CallEnd>
  /** The same for putting files back as they were. Throws as `performCall`. */
  restore (call: DecodedCall, files: readonly RestoredFile[], context: Context, signal: AbortSignal, onDecided: OnDecided): Promise<CallEnd>
  /** Whether this commit holds what was changed here. */
  isOwnCommit (commit: string): boolean
  /** Brings what was changed into the project. @returns what became of it, in the order of the looks @throws GatewayError */
  collect (): Promise<readonly CollectReport[]>
  /** Hears each look at the workspace from now on. @returns the way to stop */
  onCollected (listener: (report: CollectReport) => void): () => void
}

/** The tools that clients of Weir's own protocols run in the sessions of their actors. */
export interface ToolPlane {
  /** For the sessions: each tells of the sandbox that it runs in, and closes what it gets with it. */
  serve (session: AgentSession, sandbox: ToolSandbox): SessionPart
  /** For the file plane: what a look at a session's workspace found. */
  collected (session: string, report: CollectReport): void
  /** The asker's session, started on first use. @throws GatewayError as `Sessions.open` */
  open (asker: Asker): Promise<SessionTools>
  /** The asker's session if it runs. */
  running (asker: Asker): SessionTools | null
  /** Under which decisions of this asker's calls are made. */
  contextOf (tools: SessionTools, asker: Asker): Context
  /** Waits for a second person's word on this approval. @returns false when it did not come before the signal, or nobody more may wait */
  untilSaid (approval: string, signal: AbortSignal): Promise<boolean>
}

export function createToolPlane (ports: ToolPlanePorts): ToolPlane {
  const bySession = new Map<string, Served>()
  return {
    serve (session, sandbox) {
      const served = serveSession(session, createToolRunner(sandbox), ports)
      bySession.set(session.id, served)
      return {
        close () {
          bySession.delete(session.id)
          served.close()
        },
      }
    },
    collected: (session, report) => { bySession.get(session)?.collected(report) },
    async open ({ caller, scope }) {
      const session = await ports.sessions().open(caller, scope)
      const served = bySession.get(session.id)
      if (served === undefined) throw new GatewayError('WEIR_ERR_SANDBOX', 'The session has ended.')
      return served.tools
    },
    running ({ caller: { actor }, scope }) {
      const own = ports.sessions().list().find(({ context: of }) => of.actor.id === actor.id && of.actor.role === actor.role && of.actor.org === actor.org && of.app === scope.app && of.environment === scope.environment)
      return own === undefined ? null : bySession.get(own.id)?.tools ?? null
    },
    contextOf: ({ session }, { caller, request }) => Object.freeze({ ...session.context, plane: 'tool' as const, request, token: caller.tokenId }),
    untilSaid: (approval, signal) => new Promise((resolve) => {
      if (signal.aborted) return resolve(false)
      const end = (wasSaid: boolean): void => {
        signal.removeEventListener('abort', onAbort)
        stop?.()
        resolve(wasSaid)
      }
      const onAbort = (): void => { end(false) }
      const stop = ports.approvals.whenSaid(approval, () => { end(true) })
      signal.addEventListener('abort', onAbort)
      if (stop === null) end(false)
    }),
  }
}

interface Served { readonly tools: SessionTools, collected (report: CollectReport): void, close (): void }

const MAX_COMMITS = 4_096 // of one session, for taking them back; the oldest goes first

function serveSession (session: AgentSession, runner: ToolRunner, { governor, ledger, head, blank }: ToolPlanePorts): Served {
  const own = { governor, ledger, runner, blank }
  const log = createSessionLog()
  const commits = new Set<string>()
  const listeners = new Set<(report: CollectReport) => void>()
  const onCollected = (listener: (report: CollectReport) => void): (() => void) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }
  type Run = (heard: OnDecided) => Promise<CallEnd>

  function looking (run: Run, onDecided: OnDecided): Promise<CallEnd> {
    session.touch()
    return run(onDecided)
  }

  async function changing (run: Run, onDecided: OnDecided, collectsNext = false): Promise<CallEnd> {
    session.touch()
    let isAllowed = false
    try {
      return await run((governed) => {
        isAllowed = governed.permit !== null
        return onDecided(governed)
      })
    } finally {
      session.touch()
      // Also after a failure: a command that was ended has written until then.
      if (isAllowed) {
        session.released.markChanging()
        // The mark stays: who asks in the session meanwhile waits for a look, as ever.
        if (!collectsNext) await session.reviewCalls()
      }
    }
  }

  const tools: SessionTools = {
    session,
    log,
    plans: createPlanBook(),
    before: head(),
    onCollected,
    preview: (wish, context, protocol) => previewCall(wish, context, { governor, blank, ...(protocol === undefined ? {} : { protocol }) }),
    perform: ({ tool, args }, context, io, onDecided) => {
      const ports = io.protocol === undefined ? own : { ...own, protocol: io.protocol }
      const run = (heard: OnDecided): Promise<CallEnd> => performCall({ tool, args }, context, ports, io, heard)
      return LOOKING.includes(tool) ? looking(run, onDecided) : changing(run, onDecided, io.collectsNext)
    },
    restore: (call, files, context, signal, onDecided) => changing((heard) => {
      const text = (): string => JSON.stringify({ paths: files.map(({ path }) => path) })
      return performGoverned({ kind: 'tool-call', call, text }, context, { governor, ledger, isCancelled: () => signal.aborted, onDecided: heard }, (allowed) => runner.restore(allowed, files))
    }, onDecided),
    isOwnCommit: (commit) => commits.has(commit),
    async collect () {
      const reports: CollectReport[] = []
      const stop = onCollected((report) => { reports.push(report) })
      try {
        await session.collectChanges()
      } finally {
        stop()
      }
      return reports
    },
  }
  return {
    tools,
    collected (report) {
      if (report.commit !== null) commits.add(report.commit)
      if (commits.size > MAX_COMMITS) commits.delete(commits.values().next().value ?? '')
      for (const listener of listeners) listener(report)
    },
    close () {
      log.close()
      runner.close()
    },
  }
}
