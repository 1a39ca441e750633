import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlankFindings } from '../adapters/change-arguments.ts'
import { agentConfig } from '../adapters/opencode/agent-config.ts'
import { callWork } from '../adapters/opencode/call-work.ts'
import { weirCallWork } from '../adapters/weir/call-work.ts'
import { keepConversations, type Conversations } from '../sandbox/conversations.ts'
import { openSandboxDriver } from '../sandbox/open-driver.ts'
import { removeTree } from '../sandbox/run-folder.ts'
import { INSIDE, type SandboxDriver } from '../sandbox/sandbox.ts'
import type { Config } from './config.ts'
import type { Context, Environment } from './core/actor.ts'
import { GatewayError } from './core/errors.ts'
import { CHANGE_SET } from './core/tool-call.ts'
import { eventBody } from './core/ledger-entry.ts'
import type { Governance, GatewayLog } from './governance.ts'
import type { Journal } from './ledger/journal.ts'
import type { Caller } from './identity/caller.ts'
import { createTellOfFiles, createTellProgress } from './open/file-notes.ts'
import { openWebFiles } from './open/web-files.ts'
import { startAskPlane } from './planes/ask/ask-plane.ts'
import { collectNote } from './planes/file/collect-note.ts'
import { diffHeld } from './planes/file/diff-held.ts'
import { diffOfCall } from './planes/file/diff-of-call.ts'
import { createFilePlane, type FilePlane } from './planes/file/file-plane.ts'
import { openHeldStore } from './planes/file/held-store.ts'
import type { WebFiles } from './planes/client/web-files.ts'
import type { ModelPlane } from './planes/model/model-plane.ts'
import { serveSessionModel } from './planes/model/session-door.ts'
import { createToolPlane, type ToolPlane } from './planes/tool/tool-plane.ts'
import { openProject, type Project } from './project/project.ts'
import type { Release } from './project/release.ts'
import type { Catalogue } from './providers/catalogue.ts'
import { installedAgent } from './sessions/installed-agent.ts'
import { createReleasedLinks, type ReleasedLinks } from './sessions/released-links.ts'
import { openRunMarks, runMarksFile } from './sessions/run-marks.ts'
import type { AgentSession, Sessions } from './sessions/session.ts'
import { createSessions } from './sessions/sessions.ts'
import type { RequestMeter } from './telemetry/request-meter.ts'

export interface AgentsPorts {
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly journal: Journal
  readonly governance: Governance
  readonly modelPlane: ModelPlane
  /** Blanks what policy obliges to in calls of Weir's own tools. */
  readonly blank: BlankFindings
  readonly providers: Config['providers']
  readonly catalogue: Catalogue
  readonly log: GatewayLog
  readonly meter: RequestMeter
  readonly isRevoked: (caller: Caller) => boolean
  /** Has what was decided of releases taken effect in a project, before anything starts from it. */
  readonly settleReleases: (project: Project) => Promise<void>
}

export interface Agents {
  readonly sessions: Sessions
  readonly web: WebFiles
  readonly tools: ToolPlane
  /** An app's project, in which every decision about its releases has taken effect. @throws GatewayError WEIR_ERR_PROJECT */
  readonly project: (app: string) => Promise<Project>
  readonly sandboxes: SandboxDriver
  /** Links of the projects' files, for calls outside any session. */
  readonly links: ReleasedLinks
  /** Brings a change that waited for this approval into the project, now that it was given. */
  onApproved (approval: string): Promise<void>
  /** Takes a change out of its workspace that a second person refused, and tells its agent why. */
  onRefused (approval: string, reason: string): Promise<void>
  /** Has everything that waits for a second person decided again, now that another policy is in force. */
  onPolicyChanged (): void
  /** What a change, or a call that has not run, makes of its file and waits for this approval; null when that cannot be said. */
  diffOf (approval: string): Promise<string | null>
  /** Ends all sessions, then removes what they ran in. */
  close (): Promise<void>
}

/** The sandboxed agents of a gateway: projects, sandboxes and the planes around each session. */
export async function openAgents (ports: AgentsPorts): Promise<Agents> {
  const { config, governance, journal, log } = ports
  const { governor, classOf } = governance
  const projects = openProjects(ports)
  const held = await openHeldStore(join(config.dataDir, 'held'))
  await held.sweep((id) => isOpen(id, governance))
  const tellProgress = createTellProgress(log)
  const filePlane = createFilePlane({
    govern: governor.govern,
    preview: governor.preview,
    revision: () => governance.policy.current().revision,
    project: projects.open,
    classOf,
    ledger: journal,
    approvals: governance.approvals,
    workOf: (native, text) => weirCallWork(native, text) ?? callWork(native, text),
    held,
    turnsDir: await emptied(join(config.dataDir, 'turns')),
    limits: config.limits,
    log,
    onProgress: (id, progress) => { tellProgress(sessions.byId(id), progress).catch(() => undefined) }, // it does not reject
  })
  const tellOfFiles = createTellOfFiles(log)
  const sandboxes = await openSandboxDriver(config.agent, {
    dataDir: config.dataDir,
    agentBinary: installedAgent(config.agent.command, ports.env),
    limits: config.agent.limits,
    onDiagnostic: (text) => log.warn({ output: text }, 'the agent ended badly'),
  })
  const materialise = async (app: string, environment: Environment): Promise<Release> => (await projects.open(app)).materialise(environment, classOf)
  const marks = openRunMarks(runMarksFile(config.dataDir), (error) => log.warn({ err: error }, 'the list of running sessions cannot be written'))
  let isClosing = false
  const follow = (session: AgentSession): void => {
    governance.approvals.sessionStarted(session.context)
    const leaveSeat = governance.seats.enter(session.context.actor)
    // A session that the gateway's own end cuts off did not end by itself: what waits in it passes to the next one.
    session.ended.then(() => {
      leaveSeat()
      if (!isClosing) governance.approvals.sessionEnded(session.id)
    })
      .catch((thrown: unknown) => log.warn({ err: thrown, session: session.id }, 'the end of a session could not be told to the approvals'))
  }
  const tools = createToolPlane({ governor, ledger: journal, blank: ports.blank, head: () => journal.head().index, approvals: governance.approvals, sessions: () => sessions })
  const sessions: Sessions = createSessions({
    governor,
    ledger: journal,
    actorNow: governance.actors.current,
    isRevoked: ports.isRevoked,
    clock: { nowMs: Date.now },
    elapsedMs: () => performance.now(),
    seats: governance.seats,
    sandboxes,
    ...await openConversations(config, log),
    idleStopMs: config.agent.idleStopMs,
    credits: config.credits,
    marks,
    materialise,
    agentConfig: ({ modelToken, context }) => agentConfig({
      modelBaseUrl: (provider) => `${INSIDE.modelBaseUrl}/weir/model/${provider}/v1`,
      modelToken,
      providers: providersFor(context, ports),
      shell: INSIDE.shell,
    }),
    serveSessionModel: (session, socketPath) => serveSessionModel(ports.modelPlane, session, socketPath, {
      meter: ports.meter,
      onRefused: (refused) => journal.record(eventBody('model-socket-refused', session.context, { ...refused })),
    }),
    startAskPlane: async (session) => {
      follow(session)
      return await startAskPlane(session, { govern: governor.govern, ledger: journal, log })
    },
    serveTools: (session, sandbox) => tools.serve(session, sandbox),
    async collect (session, sandbox, occasion) {
      const report = await filePlane.collect(session, sandbox, occasion)
      tools.collected(session.id, report)
      await tellOfFiles(session, collectNote(report))
    },
    onError: (error, what) => log.error({ code: error.code, err: error.cause ?? error }, what),
  })
  const web = openWebFiles({ sandboxes, dataDir: config.dataDir, onError: (error) => log.warn({ err: error }, 'the agent of the web interface could not be stopped') })
  return {
    sessions,
    web,
    tools,
    project: projects.open,
    sandboxes,
    links: createReleasedLinks({ materialise, nowMs: Date.now, onError: (thrown) => log.warn({ err: thrown }, 'the files of an app could not be looked at again') }),
    onApproved: (approval) => applyApproved(approval, { governance, filePlane }),
    async onRefused (approval, reason) {
      const refused = await filePlane.refuseHeld(approval, governance.approvals.get(approval)?.session ?? '')
      const session = refused === null ? null : sessions.byId(refused.sessionId)
      if (refused !== null && session !== null) await tellOfFiles(session, `[Weir] ${refused.path}: a second person refused this change, and it was taken out of the workspace: ${reason}`)
    },
    onPolicyChanged () {
      if (isClosing) return
      decideAgain({ governance, filePlane }).catch((thrown: unknown) => log.warn({ err: thrown }, 'changes that wait could not be decided again under the new policy'))
    },
    async diffOf (approval) {
      const kept = await diffHeld(approval, { held, project: projects.open })
      return kept ?? await diffOfWaitingCall(approval, ports, projects.open)
    },
    async close () {
      isClosing = true
      await web.close()
      await sessions.close()
      marks.close()
      await sandboxes.close()
    },
  }
}

// A project that cannot be read hides no approval: the call itself is shown then.
async function diffOfWaitingCall (id: string, { config, governance: { approvals }, log }: AgentsPorts, project: Agents['project']): Promise<string | null> {
  const approval = approvals.get(id)
  if (approval === null || !Object.hasOwn(config.apps, approval.app)) return null
  try {
    return await diffOfCall(approval, approvals.shown(id), project)
  } catch (thrown) {
    log.warn({ err: thrown, approval: id }, 'what a waiting call changes could not be compared with the project')
    return null
  }
}

async function emptied (folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function openConversations ({ agent, dataDir }: Config, log: GatewayLog): Promise<{ readonly conversations?: Conversations }> {
  const dir = join(dataDir, 'conversations')
  if (agent.conversationsMs === 0) {
    await removeTree(dir) // what was kept under another setting
    return {}
  }
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return { conversations: keepConversations({ dir, keepMs: agent.conversationsMs, nowMs: Date.now, onTooLarge: (key) => log.warn({ conversations: key }, 'conversations grew too large and were thrown away') }) }
}

// An agent keeps its list for as long as it runs. A budget that is used up now allows no model; with none named, there would be none tomorrow.
function providersFor (context: Context, { catalogue, providers }: AgentsPorts): Config['providers'] {
  const allowed = catalogue(Object.freeze({ ...context, plane: 'model' as const }))
  return Object.keys(allowed).length > 0 ? allowed : providers
}

function isOpen (id: string, { approvals }: Governance): boolean {
  const state = approvals.get(id)?.state
  return state === 'waiting' || state === 'given'
}

interface ApplyPorts { readonly governance: Governance, readonly filePlane: FilePlane }

// Calls in a model's answer are asked about again by who holds them. A change lies in a workspace, or is kept: nobody makes it again.
async function decideAgain (ports: ApplyPorts): Promise<void> {
  for (const { id } of ports.governance.approvals.policyChanged()) await applyApproved(id, ports)
}

async function applyApproved (id: string, ports: ApplyPorts): Promise<void> {
  const approval = ports.governance.approvals.get(id)
  // A call in a model's answer waits there, and is in no workspace yet.
  if (approval === null || approval.session === null || approval.tool?.native !== CHANGE_SET) return
  await ports.filePlane.commitHeld(id, approval.session)
}

interface Projects { open (app: string): Promise<Project> }

// Opened at the first session of an app: a project that is away must not keep the others from starting.
function openProjects ({ config, governance: { classOf }, settleReleases }: AgentsPorts): Projects {
  const opening = new Map<string, Promise<Project>>()
  function opened (app: string): Promise<Project> {
    const known = opening.get(app)
    if (known !== undefined) return known
    const appConfig = config.apps[app]
    if (appConfig === undefined) throw new GatewayError('WEIR_ERR_PROJECT', 'There is no such app here.')
    const project = openProject({ app, config: appConfig, dataDir: config.dataDir, classOf })
    opening.set(app, project)
    project.catch(() => opening.delete(app))
    return project
  }
  return {
    async open (app) {
      const project = await opened(app)
      await settleReleases(project)
      return project
    },
  }
}
