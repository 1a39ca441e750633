import type { TelemetryConfig } from './telemetry-config.ts'
import type { KnownModels } from './model-meters.ts'
import type { ModelObserver } from './model-observer.ts'

/** What became of spans: sent, lost because they could not be sent, or never queued because too many waited. */
export interface SpanCounts { readonly exported: number, readonly failed: number, readonly dropped: number }

export interface Telemetry {
  readonly observer: ModelObserver
  spans (): SpanCounts
  /** Sends what waits, within two seconds. */
  close (): Promise<void>
}

/** The configured providers, with their addresses. */
export type ObservedProviders = KnownModels & Readonly<Record<string, { readonly baseUrl: string, readonly baseUrls?: ReadonlyArray<{ readonly url: string }> } | undefined>>

export interface TelemetryPorts {
  readonly config: TelemetryConfig
  /** For the credentials of the collector. */
  readonly env: NodeJS.ProcessEnv
  readonly providers: ObservedProviders
  readonly onWarning: (message: string) => void
}

/** Starts the export of traces and metrics. Its packages take a good part of a second to load, so they are loaded here and not before. */
export async function openTelemetry (ports: TelemetryPorts): Promise<Telemetry> {
  const { startExport } = await import('./otlp/start-export.ts')
  return startExport(ports)
}
