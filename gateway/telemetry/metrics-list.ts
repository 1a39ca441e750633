import { counter, gauge, histogram, type MetricDefinition } from './definition.ts'

// Seconds. From an answer out of memory to a turn of many minutes.
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const MODEL_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320]
const FIRST_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30]
const COMMIT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]

/** Every metric of the gateway, in the order of `/weir/metrics` and of `docs/observability.md`, which is made from this list. */
export const METRICS = {
  httpSeconds: histogram('weir_http_request_duration_seconds', 'Requests that were answered, by plane (client, model, api) and class of status; an answer that its client left is not among them.', ['plane', 'status'], REQUEST_BUCKETS),
  decisions: counter('weir_decisions_total', 'Decisions, by plane, kind of question and verdict.', ['plane', 'kind', 'verdict']),
  ledgerCommitSeconds: histogram('weir_ledger_commit_duration_seconds', 'Time that a group of ledger entries took to be on disk.', [], COMMIT_BUCKETS),
  sessionSeconds: counter('weir_session_container_seconds_total', 'Seconds that the containers of ended sessions ran, as credits count them.'),
  modelRequests: counter('weir_model_requests_total', 'Model requests by configured provider and by how they ended: done, denied, failed (here), client-left, upstream-refused, upstream-broken.', ['provider', 'outcome']),
  modelSeconds: histogram('weir_model_request_duration_seconds', 'Time of model requests that a provider was asked, from the whole question to the whole answer.', ['provider', 'outcome'], MODEL_BUCKETS),
  modelFirstSeconds: histogram('weir_model_first_token_seconds', 'Time until the first bytes of a streamed answer were passed on.', ['provider'], FIRST_BUCKETS),
  modelTokens: counter('weir_model_tokens_total', 'Tokens by configured provider and model, environment and type; cached, cache-write and audio-input are parts of input, cache-write-1h of cache-write, reasoning and audio-output of output.', ['provider', 'model', 'environment', 'type']),
  modelDollars: counter('weir_model_cost_dollars_total', 'Cost of model requests, US dollars.', ['provider', 'model', 'environment']),
  upstreamAttempts: counter('weir_upstream_attempts_total', 'Attempts at providers: answered or failed.', ['provider', 'result']),
  upstreamOut: gauge('weir_upstream_endpoint_out', '1 while requests are kept away from a provider\'s address (its place in the configuration) because it fails.', ['provider', 'endpoint']),
  approvalsWaiting: gauge('weir_approvals_waiting', 'Calls that wait for a second person.'),
  hookAttempts: counter('weir_hook_attempts_total', 'Attempts to deliver events to hooks: delivered or failed; and events that were put aside (gave-up).', ['hook', 'result']),
  hookDead: gauge('weir_hook_dead_letters', 'Events that were put aside and not delivered since.', ['hook']),
  hookWaiting: gauge('weir_hook_waiting_seconds', 'Age of the event that is being tried; 0 when none waits.', ['hook']),
  forwardEntries: counter('weir_forward_entries_total', 'Ledger entries by forwarder: delivered, or put-aside (refused for good); and attempts that failed.', ['forwarder', 'result']),
  forwardLag: gauge('weir_forward_lag_entries', 'Durable entries that a forwarder has not come to yet.', ['forwarder']),
  forwardDead: gauge('weir_forward_dead_entries', 'Entries that a receiver refused for good, since there is this forwarder.', ['forwarder']),
  publishLag: gauge('weir_publish_lag_entries', 'Durable entries that no checkpoint covers which came to this destination or witness.', ['kind', 'name']),
  publishFailing: gauge('weir_publish_failing', '1 while checkpoints do not come to this destination or witness.', ['kind', 'name']),
  telemetrySpans: counter('weir_telemetry_spans_total', 'Spans by what became of them: exported, failed (the collector did not take them), dropped (too many waited).', ['result']),
  ledgerEntries: counter('weir_ledger_entries_total', 'Durable ledger entries.'),
  ledgerUnsigned: gauge('weir_ledger_unsigned_entries', 'Durable entries that no signed checkpoint covers yet.'),
  mirrorLag: gauge('weir_ledger_mirror_lag_entries', 'Durable entries that the store does not have yet.'),
  sessionsRunning: gauge('weir_sessions_running', 'Sandboxed agents running now.'),
  policyRules: gauge('weir_policy_rules', 'Rules in the policy in force.'),
  policyRejected: counter('weir_policy_rejected_total', 'New policies that were not taken, by error code.', ['code']),
  policyFaults: counter('weir_policy_faults_total', 'Questions that policy failed to answer, which were denied.', ['kind']),
  budgetHolds: gauge('weir_budget_holds', 'Model requests that count against a budget by what they are estimated to use.'),
  budgetWarnings: counter('weir_budget_warnings_total', 'Budgets of which so many percent were used up, once per budget and period.', ['percent']),
  redisUp: gauge('weir_redis_up', '1 while the Redis that gateways share their budgets through answers.'),
  redisErrors: counter('weir_redis_errors_total', 'Times that Redis went away or could not be reached.'),
  redisUnsent: gauge('weir_redis_unsent_accounts', 'Accounts of budgets of which the other gateways do not know yet where they stand here.'),
  redisLastContact: gauge('weir_redis_last_contact_timestamp_seconds', 'When Redis last answered; 0 for not yet.'),
  revocationsLastContact: gauge('weir_revocations_last_contact_timestamp_seconds', 'When the revocations of the other gateways were last compared with those known here; 0 for not yet.'),
  modelAnswerNotes: counter('weir_model_answer_notes_total', 'What was not as usual about exchanges with providers: upstream-refused, upstream-broke, upstream-slow, not-understood, empty, dropped-events, promised-no-call, unknown-end, client-left, gave-way.', ['note']),
  bundleFetches: counter('weir_policy_bundle_fetches_total', 'Requests to the bundle server, by what came of them.', ['result']),
  bundleLastContact: gauge('weir_policy_bundle_last_contact_timestamp_seconds', 'When the bundle server last answered; 0 for not yet.'),
  bundleSigned: gauge('weir_policy_bundle_signed_timestamp_seconds', 'When the bundle in force was signed; 0 when it does not say.'),
  shadowDecisions: counter('weir_policy_shadow_decisions_total', 'Decisions by what became of their comparison with the shadow policy.', ['result']),
  shadowDifferences: counter('weir_policy_shadow_differences_total', 'Decisions that the shadow policy would make otherwise, by both verdicts.', ['from', 'to']),
  shadowGivenUp: gauge('weir_policy_shadow_given_up', '1 when the shadow policy took too long too often and is not asked any more.'),
  residentMemory: gauge('process_resident_memory_bytes', 'Resident memory of the gateway process.'),
  cpuSeconds: counter('process_cpu_seconds_total', 'CPU time of the gateway process.'),
} as const satisfies Readonly<Record<string, MetricDefinition>>
