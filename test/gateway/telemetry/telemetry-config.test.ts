import fc from 'fast-check'
import t from 'tap'
import { pairsOf, telemetryOf } from '../../../gateway/telemetry/telemetry-config.ts'
import { parseTraceparent, traceparentOf } from '../../../gateway/telemetry/trace-parent.ts'

await t.test('nothing is sent anywhere unless somebody says where', async (t) => {
  t.equal(telemetryOf(undefined, {}), null)
  t.equal(telemetryOf({ serviceName: 'x' }, { OTEL_SERVICE_NAME: 'y', OTEL_EXPORTER_OTLP_ENDPOINT: '' }), null)
  t.equal(telemetryOf({ otlp: 'http://c:4318' }, { OTEL_SDK_DISABLED: 'true' }), null)
})

await t.test('the standard variables win over the file', async (t) => {
  t.match(telemetryOf({ otlp: 'http://file:4318/', serviceName: 'file' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://env:4318', OTEL_SERVICE_NAME: 'env' }), {
    tracesUrl: 'http://env:4318/v1/traces', metricsUrl: 'http://env:4318/v1/metrics', serviceName: 'env', sampler: { name: 'parentbased_always_on', ratio: 1 }, propagateTo: [],
  })
  t.match(telemetryOf(undefined, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' }), { tracesUrl: 'http://t/x', metricsUrl: null })
  t.match(telemetryOf({ otlp: 'http://f', sampleRatio: 0.1 }, { OTEL_METRICS_EXPORTER: 'none' }), { metricsUrl: null, sampler: { name: 'parentbased_traceidratio', ratio: 0.1 } })
})

await t.test('a variable that is not valid is named, and its value is not', async (t) => {
  for (const [name, value] of [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:s3cret@c'], ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://s3cret'], ['OTEL_TRACES_SAMPLER', 's3cret'], ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'], ['OTEL_RESOURCE_ATTRIBUTES', 's3cret'], ['OTEL_RESOURCE_ATTRIBUTES', 'a=%s3cret'],
  ] as const) {
    try {
      telemetryOf({ otlp: 'http://c' }, { [name]: value })
      t.fail(`${name}=${value} was taken`)
    } catch (error) {
      t.match(error, { code: 'WEIR_ERR_CONFIG_INVALID', message: name })
      t.notMatch(String(error), 's3cret')
    }
  }
  t.same(pairsOf({ H: 'authorization=Bearer%20x, a=b=c' }, 'H'), { authorization: 'Bearer x', a: 'b=c' })
})

await t.test('a traceparent is taken exactly, or not at all', async (t) => {
  const hex = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length }).filter((text) => /[^0]/.test(text))
  fc.assert(fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
    t.same(parseTraceparent(traceparentOf({ traceId, spanId, isSampled })), { traceId, spanId, isSampled })
  }), { numRuns: 50 })
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => {
    const read = parseTraceparent(text)
    t.ok(read === null || text.startsWith(`00-${read.traceId}-${read.spanId}-`))
  }), { numRuns: 200 })
  t.equal(parseTraceparent(undefined), null)
  t.equal(parseTraceparent(`00-${'1'.repeat(32)}-${'1'.repeat(16)}-01\n`), null)
})
