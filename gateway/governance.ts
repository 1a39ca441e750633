import { join } from 'node:path'
import { openApprovals, type Approvals } from './approvals/approvals.ts'
import { createClassify } from './classify/classify.ts'
import { createPathClasses, type PathClasses } from './classify/paths/path-classes.ts'
import { loadShellParser } from './classify/shell/parser.ts'
import type { Config } from './config.ts'
import { containmentOf } from './containment.ts'
import type { Context } from './core/actor.ts'
import type { DelegationUse } from './core/circumstances.ts'
import { GatewayError } from './core/errors.ts'
import { createGovernor, type Governor } from './core/govern.ts'
import { eventBody } from './core/ledger-entry.ts'
import type { PathClass } from './core/tool-call.ts'
import { createCurrentActors, type CurrentActors } from './identity/current-actors.ts'
import type { TokenRegistry } from './identity/token-registry.ts'
import type { Journal } from './ledger/journal.ts'
import { openBudgets, type BudgetKeeping } from './open/budgets.ts'
import { createCircumstances } from './policy/circumstances.ts'
import type { BundleSource } from './policy/bundle/source.ts'
import { openPolicyEngine, type PolicyEngine, type PolicyEvent } from './policy/engine.ts'
import { openPolicySource } from './open/policy-source.ts'
import { openShadow } from './open/shadow.ts'
import { shadowedLedger, type Shadow } from './policy/shadow.ts'
import { openSeats, type SeatKeeping } from './open/seats.ts'
import type { ReleasedLinks } from './sessions/released-links.ts'
import { callBase } from './sessions/call-base.ts'
import type { Sessions, WorkspaceView } from './sessions/session.ts'

/** What may be logged by the parts of a gateway. */
export interface GatewayLog {
  info (detail: object, message: string): void
  warn (detail: object, message: string): void
  error (detail: object, message: string): void
}

/** Everything between a call and its recorded decision. */
export interface Governance {
  readonly governor: Governor
  /** Those whose role follows from groups. */
  readonly actors: CurrentActors
  readonly policy: PolicyEngine
  /** The server that policy comes from; null when it comes from a folder. */
  readonly bundleServer: BundleSource | null
  /** The policy that is compared with the one in force; null when there is none. */
  readonly shadow: Shadow | null
  readonly approvals: Approvals
  readonly budgets: BudgetKeeping
  readonly seats: SeatKeeping
  /** Class of a workspace-relative path by the data in force now. */
  readonly classOf: (path: string) => PathClass
}

export interface GovernancePorts {
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly journal: Journal
  readonly log: GatewayLog
  readonly registry: TokenRegistry
  /** Late-bound: sessions are made of a governor. */
  readonly sessions: () => Sessions
  readonly links: () => ReleasedLinks
  /** Hears that another policy is in force. */
  readonly onPolicyChanged: () => void
}

/**
 * Opens policy, classification and approvals around one governor.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD naming file and line, WEIR_ERR_OPA_MISSING, WEIR_ERR_STORE
 */
export async function openGovernance (ports: GovernancePorts): Promise<Governance> {
  const { config, journal, log } = ports
  const { source, server } = await openPolicySource(config.policies, { config, env: ports.env, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  const policy = await openPolicyEngine({ source, onEvent: (event) => hearPolicyEvent(event, ports) })
  const approvals = openApprovals({
    file: join(config.dataDir, 'approvals.jsonl'),
    nowMs: Date.now,
    revision: () => policy.current().revision,
    lifetimeMs: config.approvals.lifetimeMs,
    standingMs: config.approvals.longestMs,
    mayAnswerOwn: ({ environment, permission }) => policy.data().approvals?.own?.[environment]?.some((name) => name === permission) === true,
    onWarning: (message) => log.warn({}, message),
  })
  const actors = createCurrentActors({ groupRoles: () => policy.data().groups, registry: ports.registry })
  const classify = createClassify({
    data: () => policy.data(),
    shell: await loadShellParser(),
    testCommand: (app) => config.apps[app]?.testCommand ?? null,
    readlink: (context, path) => readlinkIn(context, path, ports),
  })
  const budgets = openBudgets({
    journal, dataDir: config.dataDir, budgets: () => policy.data().budgets, firstOutputTokens: config.budgets?.firstOutputTokens, redis: config.redis, onWarning: (message, cause) => log.warn({ err: cause }, message),
  })
  const seats = openSeats({ journal, dataDir: config.dataDir, registry: ports.registry, limits: () => policy.data().seats, nowMs: Date.now, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  const shadow = await shadowOf(ports)
  const governor = createGovernor({
    classify,
    policy: () => policy.current(),
    ledger: shadow === null ? journal : shadowedLedger(journal, shadow),
    approvals,
    baseOf: (facts, context) => callBase(facts, viewOf(context, ports)),
    clock: { nowMs: Date.now },
    actorNow: actors.current,
    circumstances: createCircumstances({ data: () => policy.data(), usage: budgets.usage, seats: seats.use, delegation: (context) => delegationIn(context, ports), containment: containmentOf(config) }),
  })
  return { governor, actors, policy, bundleServer: server, shadow, approvals, budgets, seats, classOf: currentClasses(policy) }
}

async function shadowOf ({ config, env, journal, log }: GovernancePorts): Promise<Shadow | null> {
  if (config.shadow === undefined) return null
  return await openShadow({
    policies: config.shadow,
    dataDir: config.dataDir,
    env,
    record: (body) => journal.record(body),
    onEvent: (event) => log.info({ event: event.name, revision: event.revision }, 'shadow policy'),
    onWarning: (message, cause) => log.warn({ err: cause }, `shadow policy: ${message}`),
    onUnusable (error) {
      log.error({ err: error }, 'the shadow policy cannot be used; nothing is compared')
      journal.record(eventBody('policy-shadow-unusable', null, { code: error.code }))
    },
  })
}

// By what was let through here, not by what the agent says of its sessions.
function delegationIn ({ session }: Context, { sessions }: GovernancePorts): DelegationUse | null {
  return session === null ? null : sessions().byId(session.id)?.released.delegations() ?? null
}

// A change of the file plane names the contents that it is made of and from: its digest binds them.
function viewOf (context: Context, { sessions }: GovernancePorts): WorkspaceView | null {
  return context.plane === 'file' || context.session === null ? null : sessions().byId(context.session.id)?.workspace ?? null
}

// The file plane speaks of the tree's own entries, found without following anything. What a client without a session works on is not here to
// be looked at: its calls are decided by the links of the app as the environment has it, whichever way they come.
function readlinkIn (context: Context, path: string, { sessions, links }: GovernancePorts): string | null {
  if (context.plane === 'file') return null
  if (context.session === null) return links().readlink(context.app, context.environment, path)
  const session = sessions().byId(context.session.id)
  if (session === null) throw new GatewayError('WEIR_ERR_INTERNAL', 'The session of this call is not running.')
  return session.workspace.readlink(path)
}

function currentClasses (policy: PolicyEngine): (path: string) => PathClass {
  let compiled: { readonly data: object, readonly classes: PathClasses } | null = null
  return (path) => {
    const data = policy.data()
    if (compiled?.data !== data) compiled = { data, classes: createPathClasses(data.path_classes) }
    return compiled.classes(path)
  }
}

function hearPolicyEvent (event: PolicyEvent, { journal, log, onPolicyChanged }: GovernancePorts): void {
  recordPolicyEvent(event, journal, log)
  // It is in force once this turn has ended.
  if (event.name === 'policy-loaded') setImmediate(onPolicyChanged)
}

function recordPolicyEvent (event: PolicyEvent, journal: Journal, log: GatewayLog): void {
  if (event.name === 'policy-loaded') {
    log.info({ ...event }, 'policy loaded')
    return journal.record(eventBody(event.name, null, { revision: event.revision, rules: event.rules }))
  }
  if (event.name === 'policy-fault') {
    log.error({ revision: event.revision, err: event.cause }, 'policy could not decide')
    return journal.record(eventBody(event.name, null, { revision: event.revision, kind: event.kind }))
  }
  log.error({ revision: event.revision, err: event.error }, 'new policy not taken; the old one stays')
  journal.record(eventBody(event.name, null, { revision: event.revision, code: event.error.code }))
}
