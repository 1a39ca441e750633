import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider, ParentBasedSampler, TraceIdRatioBasedSampler, type Sampler } from '@opentelemetry/sdk-trace-base'
import { pairsOf, type TelemetryConfig } from '../telemetry-config.ts'
import type { SpanCounts, Telemetry, TelemetryPorts } from '../open-telemetry.ts'
import { createModelInstruments } from './model-instruments.ts'
import { createModelSpans } from './model-spans.ts'
import { createSpanQueue, type SpanQueue } from './span-queue.ts'

const SCOPE = 'weir'
const EXPORT_MS = 5_000 // longest try to reach the collector, repeats included
const CLOSE_MS = 2_000
const SPAN_LIMITS = { attributeValueLengthLimit: 256, attributeCountLimit: 32 }
const NO_SPANS: SpanCounts = Object.freeze({ exported: 0, failed: 0, dropped: 0 })

/** Traces and metrics over OTLP/HTTP in JSON. Nothing of it is global: several gateways can run in one process. */
export function startExport (ports: TelemetryPorts): Telemetry {
  const { config, providers } = ports
  const resource = resourceFromAttributes({ ...config.attributes, 'service.name': config.serviceName })
  const queue = config.tracesUrl === null
    ? null
    : createSpanQueue({
      exporter: new OTLPTraceExporter({ url: config.tracesUrl, headers: headersOf(ports, 'TRACES'), timeoutMillis: EXPORT_MS, concurrencyLimit: 1 }), onWarning: ports.onWarning,
    })
  const tracing = tracerProvider(config, resource, queue)
  const metering = meterProvider(ports, resource)
  return {
    observer: createModelSpans({
      tracer: tracing.getTracer(SCOPE), instruments: createModelInstruments(metering.getMeter(SCOPE)), providers, propagateTo: config.propagateTo,
    }),
    spans: () => queue?.counts() ?? NO_SPANS,
    async close () {
      // A collector that hangs must not keep the gateway from ending.
      await Promise.race([Promise.allSettled([tracing.shutdown(), metering.shutdown()]), new Promise((resolve) => { setTimeout(resolve, CLOSE_MS).unref() })])
    },
  }
}

function tracerProvider (config: TelemetryConfig, resource: Resource, queue: SpanQueue | null): BasicTracerProvider {
  return new BasicTracerProvider({
    resource, spanLimits: SPAN_LIMITS, sampler: queue === null ? new AlwaysOffSampler() : samplerOf(config.sampler), spanProcessors: queue === null ? [] : [queue],
  })
}

function meterProvider (ports: TelemetryPorts, resource: Resource): MeterProvider {
  const { metricsUrl, metricsEveryMs } = ports.config
  if (metricsUrl === null) return new MeterProvider({ resource })
  const exporter = new OTLPMetricExporter({ url: metricsUrl, headers: headersOf(ports, 'METRICS'), timeoutMillis: EXPORT_MS, concurrencyLimit: 1 })
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: metricsEveryMs, exportTimeoutMillis: Math.min(EXPORT_MS, metricsEveryMs) })
  return new MeterProvider({ resource, readers: [reader] })
}

function headersOf ({ env }: TelemetryPorts, signal: 'TRACES' | 'METRICS'): Record<string, string> {
  return { ...pairsOf(env, 'OTEL_EXPORTER_OTLP_HEADERS'), ...pairsOf(env, `OTEL_EXPORTER_OTLP_${signal}_HEADERS`) }
}

function samplerOf ({ name, ratio }: TelemetryConfig['sampler']): Sampler {
  const root = name.endsWith('always_on') ? new AlwaysOnSampler() : name.endsWith('always_off') ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio)
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}
