import type { Meter } from '@opentelemetry/api'
import type { ModelEnd } from '../model-observer.ts'

/** The metrics of the GenAI conventions. */
export interface ModelInstruments {
  /** @param common attributes of the request, from closed or configured names @param startedMs by `performance.now()` */
  record (common: Readonly<Record<string, string | number>>, startedMs: number, end: ModelEnd): void
}

// The conventions' own bounds.
const TOKENS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]
const DURATION = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const FIRST_TOKEN = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

export function createModelInstruments (meter: Meter): ModelInstruments {
  const tokens = meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}', description: 'Tokens of a request.', advice: { explicitBucketBoundaries: TOKENS } })
  const duration = meter.createHistogram('gen_ai.client.operation.duration', { unit: 's', description: 'Time of a request.', advice: { explicitBucketBoundaries: DURATION } })
  const first = meter.createHistogram('gen_ai.server.time_to_first_token', { unit: 's', description: 'Time to the first bytes of a streamed answer.', advice: { explicitBucketBoundaries: FIRST_TOKEN } })
  return {
    record (common, startedMs, { error, usage, firstMs }) {
      duration.record((performance.now() - startedMs) / 1_000, error === null ? common : { ...common, 'error.type': error })
      if (firstMs !== null) first.record((firstMs - startedMs) / 1_000, common)
      if (usage === null) return
      tokens.record(usage.inputTokens, { ...common, 'gen_ai.token.type': 'input' })
      tokens.record(usage.outputTokens, { ...common, 'gen_ai.token.type': 'output' })
    },
  }
}
