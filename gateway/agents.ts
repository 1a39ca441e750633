import { agentConfig } from '../adapters/opencode/agent-config.ts'
import { createBubblewrap } from '../sandbox/bubblewrap.ts'
import { INSIDE } from '../sandbox/sandbox.ts'
import type { Config } from './config.ts'
import { GatewayError } from './core/errors.ts'
import type { Governance, GatewayLog } from './governance.ts'
import type { Journal } from './ledger/journal.ts'
import { startAskPlane } from './planes/ask/ask-plane.ts'
import { createFilePlane } from './planes/file/file-plane.ts'
import type { ModelPlane } from './planes/model/model-plane.ts'
import { serveSessionModel } from './planes/model/session-door.ts'
import { openProject, type Project } from './project/project.ts'
import { installedAgent } from './sessions/installed-agent.ts'
import type { Sessions } from './sessions/session.ts'
import { createSessions } from './sessions/sessions.ts'

export interface AgentsPorts {
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly journal: Journal
  readonly governance: Governance
  readonly modelPlane: ModelPlane
  readonly providers: Config['providers']
  readonly log: GatewayLog
}

/** The sandboxed agents of a gateway: projects, sandboxes and the planes around each session. */
export async function openAgents (ports: AgentsPorts): Promise<Sessions> {
  const { config, governance, journal, log } = ports
  const { governor, classOf } = governance
  const projects = openProjects(config, classOf)
  const filePlane = createFilePlane({
    govern: governor.govern, project: projects.opened, classOf, ledger: journal, approvals: governance.approvals, limits: config.limits, log,
  })
  const sandboxes = await createBubblewrap({
    dataDir: config.dataDir,
    agentBinary: installedAgent(config.agent.command, ports.env),
    onDiagnostic: (text) => log.warn({ output: text }, 'the agent ended badly'),
  })
  return createSessions({
    governor,
    ledger: journal,
    clock: { nowMs: Date.now },
    sandboxes,
    idleStopMs: config.agent.idleStopMs,
    materialise: async (app, environment) => (await projects.open(app)).materialise(environment, classOf),
    agentConfig: ({ modelToken }) => agentConfig({
      modelBaseUrl: (provider) => `${INSIDE.modelBaseUrl}/weir/model/${provider}/v1`,
      modelToken,
      providers: ports.providers,
      shell: INSIDE.shell,
    }),
    serveSessionModel: (session, socketPath) => serveSessionModel(ports.modelPlane, session, socketPath),
    startAskPlane: (session) => startAskPlane(session, { govern: governor.govern, ledger: journal, log }),
    collect: (session, sandbox) => filePlane.collect(session, sandbox),
    onError: (error, what) => log.error({ code: error.code, err: error.cause ?? error }, what),
  })
}

interface Projects {
  open (app: string): Promise<Project>
  /** One that a session already opened. */
  opened (app: string): Project
}

// Opened at the first session of an app: a project that is away must not keep the others from starting.
function openProjects (config: Config, classOf: Governance['classOf']): Projects {
  const opening = new Map<string, Promise<Project>>()
  const open = new Map<string, Project>()
  return {
    open (app) {
      const known = opening.get(app)
      if (known !== undefined) return known
      const appConfig = config.apps[app]
      if (appConfig === undefined) throw new GatewayError('WEIR_ERR_PROJECT', 'There is no such app here.')
      const project = openProject({ app, config: appConfig, dataDir: config.dataDir, classOf })
      opening.set(app, project)
      project.then((done) => open.set(app, done), () => opening.delete(app))
      return project
    },
    opened (app) {
      const project = open.get(app)
      if (project === undefined) throw new GatewayError('WEIR_ERR_PROJECT', 'The project of this app is not open.')
      return project
    },
  }
}
