import type { Journal } from './ledger/journal.ts'
import type { BudgetKeeping } from './open-budgets.ts'
import type { BundleSource } from './policy/bundle/source.ts'
import type { PolicyEngine } from './policy/engine.ts'
import type { Shadow } from './policy/shadow.ts'
import type { Sessions } from './sessions/session.ts'
import type { Mirror } from './store/mirror.ts'

export interface MetricsPorts {
  readonly journal: Journal
  readonly sessions: Sessions
  readonly mirror: Mirror
  readonly policy: PolicyEngine
  readonly budgets: Pick<BudgetKeeping, 'counts'>
  readonly bundleServer: BundleSource | null
  readonly shadow: Shadow | null
}

export interface Metrics {
  /** Prometheus text format; labels come from closed lists only, so their number is bounded. */
  text (): string
  /** Why the gateway is not ready, in words; empty when it is. */
  problems (): readonly string[]
}

/** What an operator's monitoring reads. */
export function createMetrics (ports: MetricsPorts): Metrics {
  return {
    text: () => [
      metric('weir_ledger_entries_total', 'counter', 'Durable ledger entries.', ports.journal.head().index + 1),
      metric('weir_ledger_mirror_lag_entries', 'gauge', 'Durable entries that the store does not have yet.', Math.max(0, ports.journal.head().index - ports.mirror.mirrored())),
      metric('weir_sessions_running', 'gauge', 'Sandboxed agents running now.', ports.sessions.list().length),
      metric('weir_policy_rules', 'gauge', 'Rules in the policy in force.', ports.policy.rules().length),
      labelled('weir_policy_rejected_total', 'New policies that were not taken, by error code.', 'code', [...ports.policy.rejected()]),
      labelled('weir_policy_faults_total', 'Questions that policy failed to answer, which were denied.', 'kind', [...ports.policy.faults()]),
      budgetMetrics(ports.budgets),
      ports.bundleServer === null ? '' : bundleMetrics(ports.bundleServer),
      ports.shadow === null ? '' : shadowMetrics(ports.shadow),
      metric('process_resident_memory_bytes', 'gauge', 'Resident memory of the gateway process.', process.memoryUsage.rss()),
      metric('process_cpu_seconds_total', 'counter', 'CPU time of the gateway process.', cpuSeconds()),
    ].join(''),
    problems: () => ports.journal.isFailing() ? ['the ledger cannot write: nothing takes effect until it can'] : [],
  }
}

function budgetMetrics (budgets: Pick<BudgetKeeping, 'counts'>): string {
  const { openHolds, warnings } = budgets.counts()
  return [
    metric('weir_budget_holds', 'gauge', 'Model requests that count against a budget by what they are estimated to use.', openHolds),
    labelled('weir_budget_warnings_total', 'Budgets of which so many percent were used up, once per budget and period.', 'percent', [...warnings].map(([percent, count]) => [String(percent), count])),
  ].join('')
}

function bundleMetrics (server: BundleSource): string {
  const { fetched, lastContactMs, signedAt } = server.status()
  return [
    labelled('weir_policy_bundle_fetches_total', 'Requests to the bundle server, by what came of them.', 'result', Object.entries(fetched)),
    metric('weir_policy_bundle_last_contact_timestamp_seconds', 'gauge', 'When the bundle server last answered; 0 for not yet.', (lastContactMs ?? 0) / 1_000),
    metric('weir_policy_bundle_signed_timestamp_seconds', 'gauge', 'When the bundle in force was signed; 0 when it does not say.', signedAt ?? 0),
  ].join('')
}

function shadowMetrics (shadow: Shadow): string {
  const { compared, dropped, failed, differences, isGivenUp } = shadow.counts()
  const pairs = differences.map(({ from, to, count }) => `weir_policy_shadow_differences_total{from="${from}",to="${to}"} ${count}\n`).join('')
  return [
    labelled('weir_policy_shadow_decisions_total', 'Decisions by what became of their comparison with the shadow policy.', 'result', Object.entries({ compared, dropped, failed })),
    `# HELP weir_policy_shadow_differences_total Decisions that the shadow policy would make otherwise, by both verdicts.\n# TYPE weir_policy_shadow_differences_total counter\n${pairs}`,
    metric('weir_policy_shadow_given_up', 'gauge', '1 when the shadow policy took too long too often and is not asked any more.', isGivenUp ? 1 : 0),
  ].join('')
}

function labelled (name: string, help: string, label: string, values: readonly (readonly [string, number])[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${values.map(([value, count]) => `${name}{${label}="${value}"} ${count}\n`).join('')}`
}

function metric (name: string, type: 'counter' | 'gauge', help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`
}

function cpuSeconds (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
