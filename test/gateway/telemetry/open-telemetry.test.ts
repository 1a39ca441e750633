import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { CALLS, openClientStage } from '../../clients/client-stage.ts'
import { until } from '../../support/until.ts'
import type { Step } from '../../support/wire.ts'
import { attribute, startCollector } from './collector.ts'

const CANARY = 'canary-9f2c'
const collector = await startCollector()
t.teardown(() => collector.close())
const stage = await openClientStage(t, 'openai-chat', {
  env: { OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${CANARY}%20key`, OTEL_METRIC_EXPORT_INTERVAL: '200', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=lab' },
  settings: { telemetry: { otlp: collector.url, serviceName: 'weir-test', propagateTo: ['upstream'] } },
})
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

async function prompt (step: Step, headers: Readonly<Record<string, string>> = {}, model = 'model-1'): Promise<{ readonly id: string, readonly status: number }> {
  stage.say(step)
  const response = await fetch(`${stage.base}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: `${CANARY} prompt` }] }),
    headers: { authorization: `Bearer ${stage.tokenFor('author')}`, 'content-type': 'application/json', ...headers },
  })
  await response.text()
  return { id: response.headers.get('x-weir-request-id') ?? '', status: response.status }
}

async function metrics (): Promise<string> {
  return await (await fetch(`${stage.url}/weir/metrics`, { headers: { authorization: `Bearer ${stage.tokenFor('operator')}` } })).text()
}

await t.test('a model request and its calls are spans of the client\'s trace, joined to the ledger', async (t) => {
  const { id } = await prompt({ calls: [CALLS.read, CALLS.denied, [`${CANARY} tool`, { text: CANARY }]] }, { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-session-id': 'ses_1' })
  const spans = await collector.spansOf(id, 4)
  const chat = spans.find(({ name }) => name === 'chat model-1')
  t.match(chat, { traceId: TRACE, parentSpanId: PARENT })
  if (chat === undefined) return
  t.same(['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens', 'server.address', 'weir.outcome', 'weir.verdict', 'weir.environment'].map((name) => attribute(chat, name)),
    ['chat', 'upstream', 'model-1', 100, 10, '127.0.0.1', 'done', 'allow', 'DEV'])
  t.same([attribute(chat, 'gen_ai.request.stream'), ...spans.map((span) => attribute(span, 'gen_ai.conversation.id'))], [true, 'ses_1', 'ses_1', 'ses_1', 'ses_1'])
  t.same(['cache_read.input_tokens', 'cache_creation.input_tokens', 'reasoning.output_tokens'].map((name) => attribute(chat, `gen_ai.usage.${name}`)), [0, 0, 0])
  const tools = spans.filter(({ name }) => name.startsWith('execute_tool'))
  t.same(tools.map((span) => [span.name, span.parentSpanId, span.traceId, attribute(span, 'weir.verdict')]), [
    ['execute_tool read', chat.spanId, TRACE, 'allow'], ['execute_tool write', chat.spanId, TRACE, 'deny'], ['execute_tool _OTHER', chat.spanId, TRACE, 'deny'],
  ])
  t.match(attribute(tools[1] ?? chat, 'weir.rule'), /^[a-z_]+\.[a-z_]+$/)
  t.ok(Number(attribute(tools[0] ?? chat, 'weir.entry')) > Number(attribute(chat, 'weir.entry')))
  t.match(stage.upstream.seen.at(-1)?.headers['traceparent'], new RegExp(`^00-${TRACE}-${chat.spanId}-01$`), 'this provider is told')
})

await t.test('a header that is no traceparent begins a trace of its own', async (t) => {
  await Promise.all([`00-${'0'.repeat(32)}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01-${CANARY}`, `00-${TRACE.toUpperCase()}-${PARENT}-01`, `ff-${TRACE}-${PARENT}-01`, CANARY].map(async (traceparent) => {
    const { id } = await prompt({ text: 'hello' }, { traceparent, 'x-session-id': `${CANARY} session` })
    const [chat] = await collector.spansOf(id, 1)
    t.equal(chat === undefined ? null : attribute(chat, 'gen_ai.conversation.id'), undefined, 'nor is a session in the form of anything but an id told')
    t.not(chat?.traceId, TRACE)
    t.notOk(chat?.parentSpanId)
  }))
})

await t.test('a refused request is an error with its code', async (t) => {
  const { id, status } = await prompt({ text: 'hello' }, {}, `${CANARY}-model`)
  t.not(status, 200)
  const [chat] = await collector.spansOf(id, 1)
  t.match(chat, { name: 'chat _OTHER', status: { code: 2 } })
  t.match(attribute(chat ?? t.fail() as never, 'error.type'), /^WEIR_ERR_/)
})

await t.test('metrics follow the conventions, and the collector is told who sends them', async (t) => {
  while (!collector.bodies.some((body) => body.includes('gen_ai.server.time_to_first_token'))) await collector.more()
  const body = collector.bodies.findLast((sent) => sent.includes('resourceMetrics')) ?? ''
  for (const word of ['gen_ai.client.token.usage', 'gen_ai.client.operation.duration', '"weir-test"', '"lab"', 'gen_ai.token.type']) t.match(body, word)
  t.equal(collector.headers[0]?.['x-collector-key'], `${CANARY} key`)
})

await t.test('nothing that anybody wrote, and no credential, is in an export or a metric', async (t) => {
  await prompt({ text: `${CANARY} answer` })
  const { id } = await prompt({ calls: [['bash', { command: `echo ${CANARY}`, description: CANARY }]] })
  await collector.spansOf(id, 2)
  const token = stage.tokenFor('author').split('.')[2] ?? 'none'
  for (const text of [...collector.bodies, await metrics()]) {
    t.notMatch(text, CANARY)
    t.notOk(text.includes(token))
    t.notMatch(text, /workspace|README|\.env"/)
  }
})

await t.test('a collector that refuses or hangs delays nobody, and what is lost is counted', async (t) => {
  collector.mode = 'refuse'
  t.equal((await prompt({ text: 'hello' })).status, 200)
  await until(async () => /weir_telemetry_spans_total\{result="failed"\} [1-9]/.test(await metrics()))
  collector.mode = 'hang'
  const [answers] = await Promise.all([Promise.all(Array.from({ length: 20 }, () => prompt({ text: 'hello' }))), collector.more()])
  t.ok(answers.every(({ status }) => status === 200))
  await t.resolves(stage.close(), 'and it closes')
})

await t.test('a collector that is not there delays nobody, and no provider is told of a trace by default', async (t) => {
  const reserved = createServer().listen(0, '127.0.0.1')
  await once(reserved, 'listening')
  const { port } = reserved.address() as AddressInfo
  await new Promise((resolve) => reserved.close(resolve))
  const alone = await openClientStage(t, 'openai-chat', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } })
  alone.say({ text: 'hello' })
  const response = await fetch(`${alone.base}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'model-1', messages: [{ role: 'user', content: 'hello' }] }),
    headers: { authorization: `Bearer ${alone.tokenFor('author')}`, 'content-type': 'application/json', traceparent: `00-${TRACE}-${PARENT}-01` },
  })
  t.equal(response.status, 200)
  t.equal(alone.upstream.seen.at(-1)?.headers['traceparent'], undefined)
  await alone.close()
})
