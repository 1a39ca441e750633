import { counter, gauge, type MetricDefinition } from './definition.ts'

/** Every metric of the gateway, in the order of `/weir/metrics` and of `docs/observability.md`, which is made from this list. */
export const METRICS = {
  ledgerEntries: counter('weir_ledger_entries_total', 'Durable ledger entries.'),
  mirrorLag: gauge('weir_ledger_mirror_lag_entries', 'Durable entries that the store does not have yet.'),
  sessionsRunning: gauge('weir_sessions_running', 'Sandboxed agents running now.'),
  policyRules: gauge('weir_policy_rules', 'Rules in the policy in force.'),
  policyRejected: counter('weir_policy_rejected_total', 'New policies that were not taken, by error code.', ['code']),
  policyFaults: counter('weir_policy_faults_total', 'Questions that policy failed to answer, which were denied.', ['kind']),
  budgetHolds: gauge('weir_budget_holds', 'Model requests that count against a budget by what they are estimated to use.'),
  budgetWarnings: counter('weir_budget_warnings_total', 'Budgets of which so many percent were used up, once per budget and period.', ['percent']),
  bundleFetches: counter('weir_policy_bundle_fetches_total', 'Requests to the bundle server, by what came of them.', ['result']),
  bundleLastContact: gauge('weir_policy_bundle_last_contact_timestamp_seconds', 'When the bundle server last answered; 0 for not yet.'),
  bundleSigned: gauge('weir_policy_bundle_signed_timestamp_seconds', 'When the bundle in force was signed; 0 when it does not say.'),
  shadowDecisions: counter('weir_policy_shadow_decisions_total', 'Decisions by what became of their comparison with the shadow policy.', ['result']),
  shadowDifferences: counter('weir_policy_shadow_differences_total', 'Decisions that the shadow policy would make otherwise, by both verdicts.', ['from', 'to']),
  shadowGivenUp: gauge('weir_policy_shadow_given_up', '1 when the shadow policy took too long too often and is not asked any more.'),
  residentMemory: gauge('process_resident_memory_bytes', 'Resident memory of the gateway process.'),
  cpuSeconds: counter('process_cpu_seconds_total', 'CPU time of the gateway process.'),
} as const satisfies Readonly<Record<string, MetricDefinition>>
