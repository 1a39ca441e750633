import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { SpanCounts } from '../open-telemetry.ts'

export interface SpanQueueOptions {
  readonly exporter: SpanExporter
  /** Called when spans begin to be lost and when they no longer are, not for each of them. */
  readonly onWarning: (message: string) => void
}

export interface SpanQueue extends SpanProcessor { counts (): SpanCounts }

const MAX_WAITING = 2_048 // spans, a few megabytes
const BATCH = 512
const DELAY_MS = 1_000
const SAMPLED = 1

/**
 * Spans on their way to the collector: one batch at a time, the rest waits, and what is too much is counted and gone. The package's own
 * queue tells nobody how many it threw away.
 */
export function createSpanQueue ({ exporter, onWarning }: SpanQueueOptions): SpanQueue {
  const waiting: ReadableSpan[] = []
  let counts = { exported: 0, failed: 0, dropped: 0 }
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> | null = null
  let isFailing = false

  function sent (size: number, isOk: boolean): void {
    counts = isOk ? { ...counts, exported: counts.exported + size } : { ...counts, failed: counts.failed + size }
    if (isOk === isFailing) onWarning(isOk ? 'traces can be exported again' : 'traces could not be exported; they are lost until they can')
    isFailing = !isOk
  }

  function send (batch: ReadableSpan[]): Promise<boolean> {
    return new Promise((resolve) => {
      try {
        exporter.export(batch, ({ code }) => resolve(code === 0))
      } catch {
        resolve(false) // counted as lost, like every other failure
      }
    })
  }

  async function drain (): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH)
      sent(batch.length, await send(batch))
    }
    sending = null
  }

  function schedule (): void {
    if (timer !== null || sending !== null) return
    timer = setTimeout(() => {
      timer = null
      if (waiting.length > 0) sending ??= drain()
    }, waiting.length >= BATCH ? 0 : DELAY_MS)
    timer.unref()
  }

  async function flush (): Promise<void> {
    if (waiting.length > 0) sending ??= drain()
    await sending
  }

  return {
    onStart () {},
    onEnd (span) {
      if ((span.spanContext().traceFlags & SAMPLED) === 0) return
      if (waiting.length >= MAX_WAITING) {
        counts = { ...counts, dropped: counts.dropped + 1 }
        return
      }
      waiting.push(span)
      schedule()
    },
    counts: () => counts,
    forceFlush: flush,
    async shutdown () {
      await flush()
      await exporter.shutdown()
    },
  }
}
