import { METRICS } from '../telemetry/metrics-list.ts'
import { SPAN_ATTRIBUTES } from '../telemetry/span-attributes.ts'

/** The page of everything that can be watched. */
export function observabilityPage (): string {
  const metrics = Object.values(METRICS).map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`)
  const attributes = Object.entries(SPAN_ATTRIBUTES).map(([name, text]) => `| \`${name}\` | ${text} |`)
  return `# Watching the gateway

The tables are generated from \`gateway/telemetry\` by \`npm run docs\`.

## One id for each request

Every answer has a header \`x-weir-request-id\`. The gateway makes the id; a client cannot choose it. The same id is

- in each log line about the request, as \`request\`;
- in the ledger's decisions that the request led to, as \`request\`: \`weir audit query --request ID\` prints them and their outcomes, and
  \`GET /weir/api/v1/audit?request=ID\` answers with them;
- in its spans, as \`weir.request.id\`; \`weir.entry\` is the index of the decision.

A tool call in a model's answer, and the start of its command in the sandbox, carry the id of the model request they came with.

## Prometheus

\`GET /weir/metrics\` with a token. Label values come from the configuration or from closed lists; a model that is not configured is \`_OTHER\`.

| Metric | Type | Labels | Is |
| --- | --- | --- | --- |
${metrics.join('\n')}

## OpenTelemetry

Traces and metrics leave over OTLP/HTTP (JSON) when \`telemetry.otlp\` in \`weir.yaml\` or a standard variable names a collector:

\`\`\`
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_SERVICE_NAME=weir-eu npx weir start
\`\`\`

\`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\`, \`_METRICS_ENDPOINT\`, \`_HEADERS\`, \`_TRACES_HEADERS\`, \`_METRICS_HEADERS\`, \`OTEL_RESOURCE_ATTRIBUTES\`,
\`OTEL_TRACES_SAMPLER\`, \`OTEL_TRACES_SAMPLER_ARG\`, \`OTEL_TRACES_EXPORTER=none\`, \`OTEL_METRICS_EXPORTER=none\`, \`OTEL_METRIC_EXPORT_INTERVAL\` and
\`OTEL_SDK_DISABLED\` mean what they mean everywhere. Without any of it the packages are not even loaded.

A model request is a span \`chat MODEL\` (\`embeddings\`, \`count_tokens\`); each decided tool call in its answer is a span \`execute_tool NAME\` below it.
A valid \`traceparent\` of the client or the agent is continued. Providers are told the trace only when \`telemetry.propagateTo\` names them. The
metrics are \`gen_ai.client.token.usage\`, \`gen_ai.client.operation.duration\` and \`gen_ai.server.time_to_first_token\`.

| Attribute | Is |
| --- | --- |
${attributes.join('\n')}

No prompt, answer, argument, path, key or token is in any of it. A collector that is slow or away delays nothing: at most 2,048 spans wait,
and \`weir_telemetry_spans_total\` counts those that were lost.
`
}
