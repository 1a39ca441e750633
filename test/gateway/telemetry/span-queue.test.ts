import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import t from 'tap'
import { createSpanQueue } from '../../../gateway/telemetry/otlp/span-queue.ts'

type Done = Parameters<SpanExporter['export']>[1]

const spanOf = (traceFlags: number): ReadableSpan => ({ spanContext: () => ({ traceId: '', spanId: '', traceFlags }) }) as unknown as ReadableSpan

function exporterThat (does: (done: Done) => void): SpanExporter {
  return { export: (_spans, done) => does(done), shutdown: async () => undefined }
}

await t.test('spans beyond what may wait are counted, and those not sampled are not kept', async (t) => {
  const held: Done[] = []
  const queue = createSpanQueue({ exporter: exporterThat((done) => held.push(done)), onWarning: () => undefined })
  for (let count = 0; count < 2_100; count += 1) queue.onEnd(spanOf(1))
  queue.onEnd(spanOf(0))
  t.same(queue.counts(), { exported: 0, failed: 0, dropped: 52 })
  const flushed = queue.forceFlush()
  let batches = 0
  for (; batches < 4; batches += 1) {
    held.shift()?.({ code: 0 })
    await new Promise(setImmediate)
  }
  await flushed
  t.same(queue.counts(), { exported: 2_048, failed: 0, dropped: 52 })
})

await t.test('an exporter that fails at once or throws loses its spans and nothing else, and is reported once', async (t) => {
  for (const does of [(done: Done) => done({ code: 1 }), () => { throw new Error('no') }]) {
    const warnings: string[] = []
    const queue = createSpanQueue({ exporter: exporterThat(does), onWarning: (message) => warnings.push(message) })
    for (let count = 0; count < 1_000; count += 1) queue.onEnd(spanOf(1))
    await queue.shutdown()
    t.same(queue.counts(), { exported: 0, failed: 1_000, dropped: 0 })
    t.equal(warnings.length, 1)
  }
})
