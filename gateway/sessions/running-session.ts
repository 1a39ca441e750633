import { join } from 'node:path'
import type { Context } from '../core/actor.ts'
import { asGatewayError } from '../core/errors.ts'
import { eventBody } from '../core/ledger-entry.ts'
import type { Permit } from '../core/permit.ts'
import { openExecGate } from '../planes/exec/exec-gate.ts'
import { limitText, type LimitHit } from '../../sandbox/limits.ts'
import { INSIDE, type Sandbox } from '../../sandbox/sandbox.ts'
import { createAgentActivity } from './agent-activity.ts'
import { createCallReview, type CallReview } from './call-review.ts'
import { changesLost } from './changes-lost.ts'
import { chargeFor, type Charge } from './credits.ts'
import { createIdleStop, type IdleStop } from './idle-stop.ts'
import { PlanTurns } from './plan-turns.ts'
import { ReleasedCalls } from './released-calls.ts'
import { createRepeatedTask, type RepeatedTask } from './repeated-task.ts'
import type { AgentSession } from './session.ts'
import { newModelToken } from './session-id.ts'
import type { SessionPart, SessionPorts } from './session-ports.ts'
import { createWorkspaceView } from './workspace-view.ts'

/** One session while it runs. */
export class RunningSession implements AgentSession {
  readonly id: string
  readonly endpoint: AgentSession['endpoint']
  readonly workspace: AgentSession['workspace']
  readonly released = new ReleasedCalls()
  readonly planning = new PlanTurns()
  readonly activity = createAgentActivity()
  readonly modelToken = newModelToken()
  readonly startedAtMs: number
  readonly ended: Promise<void>
  readonly #permit: Permit
  readonly #sandbox: Sandbox
  readonly #ports: SessionPorts
  readonly #collection: RepeatedTask
  readonly #review: CallReview
  #hit: LimitHit | null = null
  #idle: IdleStop | null = null
  readonly #begunMs: number
  #containerBegunMs: number | null = null
  #containerMs = 0
  #collectedAtMs: number
  readonly #context: Context
  readonly #parts: SessionPart[] = []
  readonly #onStopping: () => void
  #end: () => void = () => {}
  #stopping: Promise<void> | null = null

  constructor (id: string, context: Context, permit: Permit, sandbox: Sandbox, ports: SessionPorts, onStopping: () => void) {
    this.id = id
    this.#context = context
    this.endpoint = Object.freeze({ socketPath: sandbox.agentSocketPath, authorization: sandbox.authorization, directory: INSIDE.workspace })
    this.workspace = createWorkspaceView(sandbox.workspaceRoot)
    this.startedAtMs = ports.clock.nowMs()
    this.#begunMs = ports.elapsedMs()
    this.ended = new Promise((resolve) => { this.#end = resolve })
    this.#collectedAtMs = this.startedAtMs
    this.#permit = permit
    this.#sandbox = sandbox
    this.#ports = ports
    this.#collection = createRepeatedTask(async () => {
      this.released.takeChanging() // everything is looked at now
      const atMs = ports.clock.nowMs()
      await ports.collect(this, sandbox, this.#stopping === null ? 'turn' : 'end')
      this.#collectedAtMs = atMs
      ports.marks.collected(id, atMs)
    })
    this.#review = createCallReview(this.released, async () => { await ports.collect(this, sandbox, 'calls') })
    this.#onStopping = onStopping
  }

  /** Starts the planes around the agent, then the agent, then the ask plane. What was started is closed again when one fails. */
  async begin (commit: string): Promise<void> {
    try {
      await this.#startParts()
    } catch (error) {
      this.#ports.marks.remove(this.id)
      await this.#closeParts()
      throw error
    }
    // Only now: a slow start is not idleness.
    this.#idle = createIdleStop(this.#ports.idleStopMs, this.#ports.elapsedMs, () => { this.#stopSoon('idle') })
    this.#ports.ledger.record(eventBody('session-started', this.context, { commit, ...ownerOf(this.context) }))
    this.#sandbox.agentEnded.then(() => { this.#stopSoon('agent-ended') }, () => { this.#stopSoon('agent-ended') })
  }

  /** With the actor as it is now: a group may be left while the session runs. */
  get context (): Context {
    const { actorNow } = this.#ports
    const actor = actorNow === undefined ? this.#context.actor : actorNow(this.#context.actor)
    return actor === this.#context.actor ? this.#context : Object.freeze({ ...this.#context, actor })
  }

  /** Something that is closed with the session, once its processes are gone. */
  closeAlso (part: SessionPart): void {
    this.#parts.push(part)
  }

  touch (): void {
    this.#idle?.touch()
  }

  collectChanges (): Promise<void> {
    return this.#collection.run()
  }

  reviewCalls (): Promise<void> | null {
    return this.#review()
  }

  /** What the session was stopped for, as a sentence; null while it is within its limits. */
  get overLimit (): string | null {
    return this.#hit === null ? null : limitText(this.#hit)
  }

  stopForLimit (hit: LimitHit): void {
    this.#hit ??= hit
    this.#stopSoon(`limit-${hit.limit}`)
  }

  stop (reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason)
    return this.#stopping
  }

  async #startParts (): Promise<void> {
    const { gateDir } = this.#sandbox
    this.#parts.push(await this.#ports.serveSessionModel(this, join(gateDir, 'model.sock')))
    this.#parts.push(await openExecGate(join(gateDir, 'exec.sock'), {
      governor: this.#ports.governor,
      ledger: this.#ports.ledger,
      context: this.context,
      released: this.released,
      runTool: (permit, spec) => this.#sandbox.runTool(permit, spec),
      touch: () => { this.touch() },
      onError: (error) => { this.#ports.onError(error, 'exec gate') },
    }))
    this.#containerBegunMs = this.#ports.elapsedMs()
    this.#ports.marks.add({ session: this.id, entry: this.#permit.entry, context: this.context, startedAtMs: this.startedAtMs, containerFromMs: this.#ports.clock.nowMs(), upperDir: this.#sandbox.upperDir, collectedAtMs: this.startedAtMs })
    await this.#sandbox.startAgent({ config: this.#ports.agentConfig({ modelToken: this.modelToken, context: this.context }) })
    this.#parts.push(await this.#ports.startAskPlane(this))
    const tools = this.#ports.serveTools?.(this, this.#sandbox)
    if (tools !== undefined) this.#parts.push(tools)
  }

  #stopSoon (reason: string): void {
    this.stop(reason).catch((error: unknown) => { this.#ports.onError(asGatewayError(error), 'session stop') })
  }

  async #stop (reason: string): Promise<void> {
    this.#onStopping()
    this.#idle?.cancel()
    await this.#attempt('stop of processes', () => this.#sandbox.stopProcesses())
    this.#containerMs = this.#ports.elapsedMs() - (this.#containerBegunMs ?? this.#begunMs)
    await this.#closeParts()
    // Only now, when nothing can write any more, is what the agent left behind final.
    const isCollected = await this.#attempt('last collection', () => this.collectChanges())
    if (!isCollected) await this.#attempt('report of lost changes', () => this.#reportLost(reason))
    await this.#attempt('sandbox removal', () => this.#sandbox.stop())
    for (const call of this.released.drain()) this.#ports.ledger.settle(call.permit, 'unknown', { reason: 'session-ended' })
    const charge = this.#charge()
    this.#ports.ledger.settle(this.#permit, 'done', { ...charge, reason })
    this.#ports.ledger.record(eventBody('session-stopped', this.context, { ...charge, reason, estimated: false, ...ownerOf(this.context) }))
    this.#ports.marks.remove(this.id)
    this.#end()
  }

  async #reportLost (reason: string): Promise<void> {
    const lost = await changesLost({ upperDir: this.#sandbox.upperDir, collectedAtMs: this.#collectedAtMs }, this.context, reason)
    if (lost !== null) this.#ports.ledger.record(lost)
  }

  #charge (): Charge {
    return chargeFor(this.#ports.credits, this.#ports.elapsedMs() - this.#begunMs, this.#containerMs)
  }

  async #closeParts (): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await this.#attempt('close', async () => { await part.close() })
  }

  /** One step that fails must not keep the others from running: a sandbox left over is worse than an error in the log. */
  async #attempt (what: string, step: () => Promise<void>): Promise<boolean> {
    try {
      await step()
      return true
    } catch (error) {
      this.#ports.onError(asGatewayError(error), what)
      return false
    }
  }
}

/** Of whom an event's own columns do not say it: reports are made for orgs and groups too. */
function ownerOf ({ actor: { org, groups } }: Context): { readonly org: string, readonly groups: readonly string[] } {
  return { org, groups }
}
