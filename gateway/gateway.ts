import { mkdirSync } from 'node:fs'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { changedArguments } from '../adapters/opencode/change-arguments.ts'
import { decodeOpencodeText } from '../adapters/opencode/decode.ts'
import { callerConfig, wellKnown } from '../adapters/opencode/well-known.ts'
import { ADAPTERS } from './adapters.ts'
import { openAgents, type Agents } from './agents.ts'
import { closeLeftSessions } from './close-left-sessions.ts'
import { recordExpired } from './approvals/record-expired.ts'
import type { Config } from './config.ts'
import { recordConfigChange } from './config-change.ts'
import { containmentOf, UNCONTAINED } from './containment.ts'
import { GatewayError } from './core/errors.ts'
import { eventBody } from './core/ledger-entry.ts'
import { openGovernance } from './governance.ts'
import { buildApp } from './http/app.ts'
import { createCallerConnections } from './http/caller-connections.ts'
import { createRefusedConnections } from './http/refused-connections.ts'
import { createHostCheck } from './http/own-pages.ts'
import { drainAtClose } from './http/plugins/drain.ts'
import { consoleRoutes } from './console/console-routes.ts'
import { approvalLinkRoutes } from './http/routes/approval-links.ts'
import { approvalRoutes } from './http/routes/approvals.ts'
import { auditChange } from './http/routes/audit-change.ts'
import { auditRoutes } from './http/routes/audit.ts'
import { authRoutes } from './http/routes/auth.ts'
import { browserLoginRoutes } from './http/routes/browser-login.ts'
import { budgetRoutes } from './http/routes/budgets.ts'
import { decisionRoutes } from './http/routes/decisions.ts'
import { healthRoutes } from './http/routes/health.ts'
import { forwarderRoutes } from './http/routes/forwarders.ts'
import { hookRoutes } from './http/routes/hooks.ts'
import { keyRoutes } from './http/routes/keys.ts'
import { mcpServerRoutes } from './http/routes/mcp-servers.ts'
import { OPENCODE_CONFIG_PATH, opencodeConfigRoutes } from './http/routes/opencode-config.ts'
import { policyRecordRoutes } from './http/routes/policy-record.ts'
import { policyRoutes } from './http/routes/policy.ts'
import { releaseRoutes } from './http/routes/releases.ts'
import { roleRoutes } from './http/routes/roles.ts'
import { scimRoutes } from './http/routes/scim.ts'
import { sessionRoutes } from './http/routes/sessions.ts'
import { usageRoutes } from './http/routes/usage.ts'
import type { Identity } from './identity/open-identity.ts'
import { createExplanations } from './explanations.ts'
import { journalDirOf, openJournal } from './ledger/journal.ts'
import { mcpFolder, openMcpServers } from './mcp/mcp-servers.ts'
import { createContexts } from './open/contexts.ts'
import { openMcpCommands } from './open/mcp-commands.ts'
import { createPricedModels } from './meter/priced-models.ts'
import { createPrices } from './meter/prices.ts'
import { problemsOf, registerParts } from './metrics.ts'
import { openKeptVault } from './open/kept-vault.ts'
import { openLedgerLog } from './open/ledger-log.ts'
import { openConfiguredForwarders } from './open/forwarders.ts'
import { hookWatch, openConfiguredHooks, openLinks } from './open/hooks.ts'
import { openConfiguredPublisher } from './open/publisher.ts'
import { openOutgoing } from './open/outgoing.ts'
import { listen, publicUrlOf, sayUnheard } from './open/listening.ts'
import { packageVersion } from './package-root.ts'
import { createClientPlane } from './planes/client/client-plane.ts'
import { createModelPlane } from './planes/model/model-plane.ts'
import { modelRoutes } from './planes/model/model-routes.ts'
import type { ReloadResult } from './policy/engine.ts'
import { createCatalogue } from './providers/catalogue.ts'
import { openObserver } from './open/observer.ts'
import { openOwnAsks } from './open/own-asks.ts'
import { openRecordings } from './open/recordings.ts'
import { openProviders } from './open/providers.ts'
import { openReleaseRecord, openReleases } from './open/releases.ts'
import { openRetention } from './open/retention.ts'
import { openRevocations } from './open/revocations.ts'
import { openSignOn } from './open/sign-on.ts'
import { openToolRoutes } from './open/tool-plane.ts'
import { createReplays } from './replays.ts'
import { createObserving } from './sessions/observing.ts'
import { runMarksFile } from './sessions/run-marks.ts'
import { startMirror } from './store/mirror.ts'
import { openStore } from './store/store.ts'
import { countNotes } from './telemetry/answer-notes.ts'
import { createLedgerMeters } from './telemetry/ledger-meters.ts'
import { createMetricRegistry } from './telemetry/registry.ts'
import { createRequestMeter } from './telemetry/request-meter.ts'

export interface GatewayOptions {
  readonly config: Config
  readonly identity: Identity
  readonly log: FastifyBaseLogger
  readonly env: NodeJS.ProcessEnv
}

/** A running gateway. */
export interface Gateway {
  /** Starts to listen. @returns its address. @throws GatewayError WEIR_ERR_PORT_IN_USE */
  listen (): Promise<string>
  revision (): string
  reload (): Promise<ReloadResult>
  /** Stops taking requests, ends the sessions, then closes the ledger: in this order, so that every outcome is recorded. */
  close (): Promise<void>
}

/**
 * The composition root: opens every part and hands each its ports. What is open when a later part fails is closed again.
 *
 * @throws GatewayError with the code of the part that could not be opened
 */
export async function openGateway (options: GatewayOptions): Promise<Gateway> {
  const closing: Array<() => Promise<void> | void> = []
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    return await compose(options, closing, closeAll)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function compose (options: GatewayOptions, closing: Array<() => Promise<void> | void>, closeAll: () => Promise<void>): Promise<Gateway> {
  const { config, identity, log, env } = options
  const containment = containmentOf(config)
  if (containment !== null) log.warn({ containment }, UNCONTAINED)
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const metrics = createMetricRegistry()
  const journalDir = journalDirOf(config.dataDir)
  const meter = createRequestMeter(metrics)
  const { watch, news } = hookWatch(config, createLedgerMeters(metrics))
  const journal = await openJournal({ dir: journalDir, nowMs: Date.now, watch, containment, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  closing.push(() => journal.close())
  const ledgerLog = await openLedgerLog({ config, journal, journalDir, log })
  closing.unshift(() => ledgerLog.close()) // after the journal: the last checkpoint has its last entry
  if (journal.recovery !== null) log.warn({ ...journal.recovery }, 'the ledger had a torn tail; it was cut off and kept aside')

  await closeLeftSessions({ file: runMarksFile(config.dataDir), journal, journalDir, rates: config.credits, nowMs: Date.now, onWarning: (message, cause) => log.warn({ err: cause }, message) })

  let running: Agents | null = null
  const governance = await openGovernance({ config, env, journal, log, registry: identity.registry, sessions: () => demand(running).sessions, links: () => demand(running).links, onPolicyChanged: () => running?.onPolicyChanged() })
  closing.push(() => governance.approvals.close())
  closing.push(recordExpired(governance.approvals, (body) => journal.append(body), (message, cause) => log.warn({ err: cause }, message)))
  closing.push(() => governance.shadow?.close())
  closing.push(() => governance.budgets.close())
  const store = await openStore({ dataDir: config.dataDir, databaseUrl: config.databaseUrl })
  closing.push(() => store.close())
  const mirror = startMirror({ journal, journalDir, store, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  closing.push(() => mirror.close())

  const { providers, close: closeProviders } = await openProviders(config)
  closing.push(closeProviders)
  const catalogue = createCatalogue(providers, governance.governor)
  const priceOf = createPrices(providers, config.unpriced === 'deny' ? null : config.unpriced)
  const { vault, recordChanges, close: closeVault } = await openKeptVault({ config, env, journal, log })
  closing.push(closeVault)
  const mcpServers = openMcpServers({ servers: config.mcp ?? {}, folder: mcpFolder(config.dataDir), vault, commands: openMcpCommands({ config, vault, log, sandboxes: () => demand(running).sandboxes }), record: (body) => journal.record(body), version: packageVersion(), nowMs: Date.now })
  const observing = await openObserver({ config, providers, env, metrics, onWarning: (message) => log.warn({}, message) })
  closing.push(() => observing.close())
  const own = openOwnAsks(governance)
  const outgoing = openOutgoing({ policy: governance.policy, vault })
  const modelPlane = createModelPlane({
    governor: governance.governor,
    ledger: journal,
    vault,
    outgoing,
    providers,
    limits: config.limits,
    decode: decodeOpencodeText,
    changeArguments: (native, text, operations) => changedArguments(native, text, operations, outgoing.withoutAny),
    prepareLinks: (app, environment) => demand(running).links.prepare(app, environment),
    ...(config.approvals.holdMs === 0 ? {} : { holding: { ms: config.approvals.holdMs, approvals: governance.approvals, offer: own.offer } }),
    priceOf,
    isPriced: createPricedModels(priceOf),
    holds: governance.budgets.requestHolds(priceOf),
    observer: observing.observer,
    onNotes: countNotes(metrics),
    onWarning: (event, detail) => log.warn({ ...detail }, event),
  })
  closing.push(() => modelPlane.close())
  const record = openReleaseRecord({ dataDir: config.dataDir, journal, onWarning: (message) => log.warn({}, message) })
  closing.push(() => record.close())
  const agents = await openAgents({ config, env, journal, governance, modelPlane, blank: outgoing.withoutAny, providers, catalogue, log, meter, isRevoked: identity.registry.isRevoked, settleReleases: record.settle })
  running = agents
  const { sessions, links } = agents
  closing.push(() => agents.close())
  const { releases, key } = openReleases({ config, record, governance, agents })
  closing.push(() => releases.close())

  const connections = createCallerConnections()
  const refused = createRefusedConnections({ record: (body) => journal.record(body), nowMs: Date.now })
  closing.push(() => refused.close())
  const revocations = openRevocations({ config, identity, journal, connections, sessions, log })
  closing.push(() => revocations.close())
  await revocations.ready()
  const signOn = await openSignOn({ config, identity, actors: governance.actors, journal, log, publicUrl: () => publicUrlOf(app, config) })
  const { browser } = signOn
  const hasLogin = (browser?.login ?? null) !== null
  closing.push(() => signOn.close())
  const { scopeFor, contextFor, contextOf } = createContexts(config)
  const replays = createReplays(journalDir)
  closing.push(() => replays.close())
  const explanations = createExplanations(typeof config.policies === 'string' ? config.policies : null, env)
  closing.push(() => explanations.close())
  registerParts(metrics, { journal, ledgerLog, approvals: governance.approvals, modelPlane, sessions, mirror, budgets: governance.budgets, revocations, policy: governance.policy, bundleServer: governance.bundleServer, shadow: governance.shadow })
  const approvalLinks = openLinks(config, () => publicUrlOf(app, config))
  const hooks = openConfiguredHooks({ config, env, journal, approvals: governance.approvals, news, metrics, keys: () => vault.values(), links: approvalLinks, onWarning: (message, cause) => log.warn({ err: cause }, message) })
  closing.push(() => hooks?.close())
  const forwarders = await openConfiguredForwarders({ config, env, journal, metrics, log })
  closing.push(() => forwarders?.close())
  const publisher = openConfiguredPublisher({ config, env, journal, ledgerLog, metrics, log })
  closing.push(() => publisher?.close())
  const retention = openRetention({ config, journal, journalDir, ledgerLog, store, mirror, log })
  closing.push(() => retention.close())
  const approving = { govern: governance.governor.govern, ledger: journal, approvals: governance.approvals, contextOf, onApproved: agents.onApproved, onRefused: agents.onRefused, diffOf: agents.diffOf }
  const shared = { govern: governance.governor.govern, contextOf, store, mirror, journal, journalDir, authenticator: signOn.authenticator, observing: createObserving({ governor: governance.governor, sessions }) }
  const { recordings, close: closeRecordings } = openRecordings({ config, journal, keys: () => vault.values(), log })
  closing.push(closeRecordings)
  const assertKnownHost = createHostCheck([config.listen.host, ...config.listen.names, ...(config.publicUrl === undefined ? [] : [new URL(config.publicUrl).hostname])])
  const clientPlane = createClientPlane({
    ...shared,
    ledger: journal,
    sessions,
    recordings,
    assertKnownHost,
    refused,
    log,
    web: agents.web,
    ownAsks: { governor: governance.governor, ledger: journal, approvals: governance.approvals, asks: own.asks },
    scopeFor: (caller) => scopeFor(caller),
    limits: config.limits,
    wellKnown: () => wellKnown({ publicUrl: publicUrlOf(app, config), configPath: OPENCODE_CONFIG_PATH, signOn: signOn.routes !== null }),
  })
  const app: FastifyInstance = await buildApp({
    log,
    assertKnownHost,
    authenticator: signOn.authenticator,
    connections,
    refused,
    browsers: browser?.sessions,
    hasLogin,
    meter,
    direct: [modelRoutes({ plane: modelPlane, contextOf: ({ caller, id }) => contextFor(caller, id), refused }), clientPlane.direct],
    plugins: [
      (scope) => healthRoutes(scope, { problems: () => problemsOf(journal), needsRestart: journal.isEnded, containment, metrics: metrics.text }),
      (scope) => decisionRoutes(scope, { governor: governance.governor, ledger: journal, adapters: ADAPTERS, approvals: governance.approvals, sessions, links, contextOf }),
      (scope) => approvalRoutes(scope, approving),
      (scope) => approvalLinkRoutes(scope, { ...approving, links: approvalLinks, browsers: hasLogin ? browser?.sessions : undefined }),
      (scope) => auditRoutes(scope, { ...shared, dataDir: config.dataDir, ledgerLog }),
      (scope) => auditChange(scope, { ...shared, project: agents.project, classOf: governance.classOf }),
      (scope) => usageRoutes(scope, shared),
      (scope) => budgetRoutes(scope, { ...shared, standings: governance.budgets.standings }),
      (scope) => sessionRoutes(scope, { ...shared, sessions, approvals: governance.approvals, credits: config.credits }),
      (scope) => policyRoutes(scope, { ...shared, ledger: journal, policy: governance.policy, shadow: governance.shadow, replays, explanations }),
      (scope) => policyRecordRoutes(scope, { ...shared, ledger: journal }),
      (scope) => roleRoutes(scope, { ...shared, ledger: journal, policy: governance.policy }),
      (scope) => keyRoutes(scope, { govern: governance.governor.govern, ledger: journal, vault, recordChanges, contextOf }),
      (scope) => releaseRoutes(scope, { ...shared, ledger: journal, releases, key }),
      openToolRoutes({ ...shared, tools: agents.tools, project: agents.project, scopeFor, assertKnownHost, holdMs: config.approvals.holdMs, governor: governance.governor, mcpServers }),
      (scope) => mcpServerRoutes(scope, { ...shared, ledger: journal, servers: mcpServers }),
      (scope) => hookRoutes(scope, { ...shared, ledger: journal, hooks }),
      (scope) => forwarderRoutes(scope, { ...shared, ledger: journal, forwarders }),
      (scope) => authRoutes(scope, { signOn: signOn.routes }),
      (scope) => scimRoutes(scope, { govern: governance.governor.govern, ledger: journal, registry: identity.registry, contextOf }),
      ...browser === null ? [] : [(scope: FastifyInstance) => browserLoginRoutes(scope, { ...browser, authenticator: signOn.authenticator, registry: identity.registry, ledger: journal, assertKnownHost })],
      (scope) => consoleRoutes(scope, { assertKnownHost }),
      (scope) => opencodeConfigRoutes(scope, { contextOf, catalogue, configOf: (allowed) => callerConfig({ publicUrl: publicUrlOf(app, config), providers: allowed }) }),
      clientPlane.plugin,
      (scope) => drainAtClose(scope, config.listen.drainMs),
    ],
  })
  closing.push(() => app.close())
  closing.push(governance.policy.watch())
  // Signed before anybody is served: a gateway that is killed has something to be verified by, however soon.
  await journal.append(eventBody('gateway-started', null, { revision: governance.policy.current().revision, node: process.version, config: config.fileDigest ?? null }))
    .then(() => recordConfigChange({ config, append: (body) => journal.append(body) }))
    .then(() => ledgerLog.sign())
    .catch((thrown: unknown) => log.error({ err: thrown }, 'the start could not be recorded and signed'))
  closing.push(() => journal.record(eventBody('gateway-stopping', null, {})))

  return {
    async listen () {
      const address = await listen(app, config)
      await sayUnheard(app, config, log)
      hooks?.start()
      forwarders?.start()
      publisher?.start()
      retention.start()
      return address
    },
    revision: () => governance.policy.current().revision,
    reload: () => governance.policy.reload(),
    close: closeAll,
  }
}

function demand (agents: Agents | null): Agents {
  if (agents === null) throw new GatewayError('WEIR_ERR_INTERNAL', 'The agents are not open yet.')
  return agents
}
