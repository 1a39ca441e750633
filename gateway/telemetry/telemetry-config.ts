import { GatewayError } from '../core/errors.ts'

export const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const
export type SamplerName = typeof SAMPLERS[number]

/** Where traces and metrics are sent by OTLP, and what they say of this gateway. Credentials are not part of it. */
export interface TelemetryConfig {
  /** Null for no traces. */
  readonly tracesUrl: string | null
  /** Null for no metrics. */
  readonly metricsUrl: string | null
  readonly serviceName: string
  readonly attributes: Readonly<Record<string, string>>
  readonly sampler: { readonly name: SamplerName, readonly ratio: number }
  /** Milliseconds between two exports of metrics. */
  readonly metricsEveryMs: number
  /** Providers that are told the trace of a request. */
  readonly propagateTo: readonly string[]
}

/** What `weir.yaml` says of it. */
export interface TelemetryFile {
  readonly otlp?: string | undefined
  readonly serviceName?: string | undefined
  readonly sampleRatio?: number | undefined
  readonly propagateTo?: readonly string[] | undefined
}

const MAX_PAIRS = 64
const MAX_VALUE_CHARS = 1_024
const METRICS_EVERY_MS = 60_000 // as OpenTelemetry's own

/**
 * The settings of OpenTelemetry's standard variables, then of the file. @returns null when nothing is to be sent anywhere
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID naming the variable
 */
export function telemetryOf (file: TelemetryFile | undefined, env: NodeJS.ProcessEnv): TelemetryConfig | null {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return null
  const base = urlOf(env, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? file?.otlp ?? null
  const tracesUrl = env['OTEL_TRACES_EXPORTER'] === 'none' ? null : urlOf(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? below(base, 'v1/traces')
  const metricsUrl = env['OTEL_METRICS_EXPORTER'] === 'none' ? null : urlOf(env, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT') ?? below(base, 'v1/metrics')
  if (tracesUrl === null && metricsUrl === null) return null
  return {
    tracesUrl,
    metricsUrl,
    serviceName: env['OTEL_SERVICE_NAME'] ?? file?.serviceName ?? 'weir',
    attributes: pairsOf(env, 'OTEL_RESOURCE_ATTRIBUTES'),
    sampler: samplerOf(env, file?.sampleRatio),
    metricsEveryMs: numberOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', { least: 100, most: 86_400_000 }) ?? METRICS_EVERY_MS,
    propagateTo: file?.propagateTo ?? [],
  }
}

/** `name=value` pairs, percent-encoded, as `OTEL_EXPORTER_OTLP_HEADERS` has them. @throws GatewayError WEIR_ERR_CONFIG_INVALID, without the value */
export function pairsOf (env: NodeJS.ProcessEnv, variable: string): Readonly<Record<string, string>> {
  const pairs = (env[variable] ?? '').split(',').map((pair) => pair.trim()).filter((pair) => pair !== '')
  if (pairs.length > MAX_PAIRS) throw invalid(variable)
  return Object.fromEntries(pairs.map((pair) => pairOf(pair, variable)))
}

function pairOf (pair: string, variable: string): readonly [string, string] {
  const [, name, value] = /^([\w.!#$&'*+^`|~-]{1,128})\s*=\s*(.*)$/.exec(pair) ?? []
  if (name === undefined || value === undefined || value.length > MAX_VALUE_CHARS) throw invalid(variable)
  try {
    return [name, decodeURIComponent(value)]
  } catch {
    throw invalid(variable) // no cause: it would hold the value
  }
}

function samplerOf (env: NodeJS.ProcessEnv, ratio: number | undefined): TelemetryConfig['sampler'] {
  const named = env['OTEL_TRACES_SAMPLER']
  const name = SAMPLERS.find((known) => known === (named ?? (ratio === undefined ? 'parentbased_always_on' : 'parentbased_traceidratio')))
  if (name === undefined) throw invalid('OTEL_TRACES_SAMPLER')
  return { name, ratio: numberOf(env, 'OTEL_TRACES_SAMPLER_ARG', { least: 0, most: 1 }) ?? ratio ?? 1 }
}

function numberOf (env: NodeJS.ProcessEnv, variable: string, { least, most }: { readonly least: number, readonly most: number }): number | null {
  const text = env[variable]
  if (text === undefined || text === '') return null
  const value = Number(text)
  if (!(value >= least && value <= most)) throw invalid(variable)
  return value
}

function urlOf (env: NodeJS.ProcessEnv, variable: string): string | null {
  const text = env[variable]
  if (text === undefined || text === '') return null
  const url = URL.canParse(text) ? new URL(text) : null
  // A password in an address ends up in logs; headers are for that.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') throw invalid(variable)
  return text
}

function below (base: string | null, path: string): string | null {
  return base === null ? null : `${base.replace(/\/+$/, '')}/${path}`
}

function invalid (variable: string): GatewayError {
  return new GatewayError('WEIR_ERR_CONFIG_INVALID', `The environment variable ${variable} is not valid.`)
}
