import t from 'tap'
import { counter, gauge, histogram } from '../../../gateway/telemetry/definition.ts'
import { createMetricRegistry } from '../../../gateway/telemetry/registry.ts'

await t.test('metrics are shown in Prometheus text format, in the order of registration', async (t) => {
  const registry = createMetricRegistry()
  const requests = registry.counter(counter('requests_total', 'Requests.', ['plane', 'status']))
  registry.value(gauge('waiting', 'Who waits.'), () => 3)
  requests.add(['model', '2xx'])
  requests.add(['model', '2xx'], 2)
  requests.add(['api', '4xx'])
  t.equal(registry.text(), [
    '# HELP requests_total Requests.', '# TYPE requests_total counter',
    'requests_total{plane="model",status="2xx"} 3', 'requests_total{plane="api",status="4xx"} 1',
    '# HELP waiting Who waits.', '# TYPE waiting gauge', 'waiting 3', '',
  ].join('\n'))
})

await t.test('a histogram counts each value in every bucket that holds it', async (t) => {
  const registry = createMetricRegistry()
  const seconds = registry.histogram(histogram('seconds', 'Time.', ['plane'], [0.1, 1]))
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(['model'], value)
  t.same(registry.text().split('\n').slice(2, -1), [
    'seconds_bucket{plane="model",le="0.1"} 2', 'seconds_bucket{plane="model",le="1"} 3', 'seconds_bucket{plane="model",le="+Inf"} 4',
    'seconds_sum{plane="model"} 7.65', 'seconds_count{plane="model"} 4',
  ])
})

await t.test('a configured name cannot end its label', async (t) => {
  const registry = createMetricRegistry()
  registry.counter(counter('named_total', 'Names.', ['name'])).add(['a"} 1\nforged{x="\\'])
  t.match(registry.text(), 'named_total{name="a\\"} 1\\nforged{x=\\"\\\\"} 1\n')
})

await t.test('labels that were to be bounded and are not end in one series', async (t) => {
  const registry = createMetricRegistry()
  const total = registry.counter(counter('many_total', 'Many.', ['name']))
  for (let count = 0; count < 5_000; count += 1) total.add([String(count)])
  const lines = registry.text().split('\n').filter((line) => line.startsWith('many_total'))
  t.equal(lines.length, 2_001)
  t.equal(lines.at(-1), 'many_total{name="other"} 3000')
})
