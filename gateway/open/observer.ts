import type { Config } from '../config.ts'
import { bothObservers } from '../telemetry/both-observers.ts'
import { METRICS } from '../telemetry/metrics-list.ts'
import { createModelMeters } from '../telemetry/model-meters.ts'
import type { ModelObserver } from '../telemetry/model-observer.ts'
import { openTelemetry } from '../telemetry/open-telemetry.ts'
import type { MetricRegistry } from '../telemetry/registry.ts'

export interface ObserverPorts {
  readonly config: Pick<Config, 'telemetry'>
  readonly providers: Config['providers']
  readonly env: NodeJS.ProcessEnv
  readonly metrics: MetricRegistry
  readonly onWarning: (message: string) => void
}

/** Who hears of model requests: always Prometheus, and OpenTelemetry when it is set up. */
export async function openObserver ({ config, providers, env, metrics, onWarning }: ObserverPorts): Promise<{ readonly observer: ModelObserver, close (): Promise<void> }> {
  const meters = createModelMeters(metrics, providers)
  if (config.telemetry === undefined) return { observer: meters, async close () {} }
  const telemetry = await openTelemetry({ config: config.telemetry, env, providers, onWarning })
  metrics.values(METRICS.telemetrySpans, () => Object.entries(telemetry.spans()).map(([result, count]) => [[result], count]))
  return { observer: bothObservers(meters, telemetry.observer), close: () => telemetry.close() }
}
