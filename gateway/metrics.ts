import type { Approvals } from './approvals/approvals.ts'
import type { Journal } from './ledger/journal.ts'
import type { SharedStatus } from './meter/shared/shared-budgets.ts'
import type { BudgetKeeping } from './open/budgets.ts'
import type { BundleSource } from './policy/bundle/source.ts'
import type { ModelPlane } from './planes/model/model-plane.ts'
import type { PolicyEngine } from './policy/engine.ts'
import type { Shadow } from './policy/shadow.ts'
import type { Sessions } from './sessions/session.ts'
import type { Mirror } from './store/mirror.ts'
import type { Revocations } from './open/revocations.ts'
import { METRICS } from './telemetry/metrics-list.ts'
import type { MetricRegistry } from './telemetry/registry.ts'
import type { TransparencyLog } from './transparency/transparency-log.ts'

export interface MetricsPorts {
  readonly journal: Journal
  readonly ledgerLog: Pick<TransparencyLog, 'signedSize'>
  readonly sessions: Sessions
  readonly mirror: Mirror
  readonly policy: PolicyEngine
  readonly approvals: Pick<Approvals, 'waiting'>
  readonly modelPlane: Pick<ModelPlane, 'upstreams'>
  readonly budgets: Pick<BudgetKeeping, 'counts' | 'shared'>
  readonly revocations: Pick<Revocations, 'contactMs'>
  readonly bundleServer: BundleSource | null
  readonly shadow: Shadow | null
}

/** Registers what the gateway's parts can say of themselves when they are asked. */
export function registerParts (registry: MetricRegistry, ports: MetricsPorts): void {
  const { journal, ledgerLog, sessions, mirror, policy, approvals, modelPlane, budgets, revocations, bundleServer, shadow } = ports
  registry.values(METRICS.upstreamOut, () => modelPlane.upstreams().map(({ provider, endpoint, isOut }) => [[provider, endpoint], isOut ? 1 : 0]))
  registry.value(METRICS.approvalsWaiting, () => approvals.waiting())
  registry.value(METRICS.ledgerEntries, () => journal.head().index + 1)
  registry.value(METRICS.ledgerUnsigned, () => Math.max(0, journal.head().index + 1 - ledgerLog.signedSize()))
  registry.value(METRICS.mirrorLag, () => Math.max(0, journal.head().index - mirror.mirrored()))
  registry.value(METRICS.sessionsRunning, () => sessions.list().length)
  registry.value(METRICS.policyRules, () => policy.rules().length)
  registry.values(METRICS.policyRejected, () => [...policy.rejected()].map(([code, count]) => [[code], count]))
  registry.values(METRICS.policyFaults, () => [...policy.faults()].map(([kind, count]) => [[kind], count]))
  registry.value(METRICS.budgetHolds, () => budgets.counts().openHolds)
  registry.values(METRICS.budgetWarnings, () => [...budgets.counts().warnings].map(([percent, count]) => [[String(percent)], count]))
  if (budgets.shared() !== null) registerRedis(registry, () => budgets.shared() ?? NOT_SHARED)
  if (revocations.contactMs() !== undefined) registry.value(METRICS.revocationsLastContact, () => (revocations.contactMs() ?? 0) / 1_000)
  if (bundleServer !== null) registerBundleServer(registry, bundleServer)
  if (shadow !== null) registerShadow(registry, shadow)
  registry.value(METRICS.residentMemory, () => process.memoryUsage.rss())
  registry.value(METRICS.cpuSeconds, cpuSeconds)
}

/** Why the gateway is not ready, in words; empty when it is. */
export function problemsOf (journal: Pick<Journal, 'isFailing' | 'isEnded'>): readonly string[] {
  if (journal.isEnded()) return ['the ledger can be written no more: nothing takes effect until the gateway is started again']
  return journal.isFailing() ? ['the ledger cannot write: nothing takes effect until it can'] : []
}

const NOT_SHARED: SharedStatus = { state: 'away', errors: 0, unsent: 0, contactMs: null }

function registerRedis (registry: MetricRegistry, status: () => SharedStatus): void {
  registry.value(METRICS.redisUp, () => status().state === 'up' ? 1 : 0)
  registry.value(METRICS.redisErrors, () => status().errors)
  registry.value(METRICS.redisUnsent, () => status().unsent)
  registry.value(METRICS.redisLastContact, () => (status().contactMs ?? 0) / 1_000)
}

function registerBundleServer (registry: MetricRegistry, server: BundleSource): void {
  registry.values(METRICS.bundleFetches, () => Object.entries(server.status().fetched).map(([result, count]) => [[result], count]))
  registry.value(METRICS.bundleLastContact, () => (server.status().lastContactMs ?? 0) / 1_000)
  registry.value(METRICS.bundleSigned, () => server.status().signedAt ?? 0)
}

function registerShadow (registry: MetricRegistry, shadow: Shadow): void {
  registry.values(METRICS.shadowDecisions, () => {
    const { compared, dropped, failed } = shadow.counts()
    return Object.entries({ compared, dropped, failed }).map(([result, count]) => [[result], count])
  })
  registry.values(METRICS.shadowDifferences, () => shadow.counts().differences.map(({ from, to, count }) => [[from, to], count]))
  registry.value(METRICS.shadowGivenUp, () => shadow.counts().isGivenUp ? 1 : 0)
}

function cpuSeconds (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
