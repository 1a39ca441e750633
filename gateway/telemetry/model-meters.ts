import type { ModelAsked, ModelEnd, ModelObserver } from './model-observer.ts'
import { METRICS } from './metrics-list.ts'
import type { MetricRegistry } from './registry.ts'

/** The configured providers and their models: the only names that may become labels. */
export type KnownModels = Readonly<Record<string, { readonly models: Readonly<Record<string, unknown>> } | undefined>>

/** What stands for a name that a client made up. */
export const UNKNOWN_MODEL = '_OTHER'

const NANO = 1e9
const NO_HEADERS: readonly string[] = Object.freeze([])

/** The model's name when it is configured; what a client writes is not to be shown, and has no bound. */
export function knownModel (providers: KnownModels, provider: string, model: string): string {
  const config = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  return config !== undefined && Object.hasOwn(config.models, model) ? model : UNKNOWN_MODEL
}

/** Counts model requests, their tokens, cost and times for Prometheus. */
export function createModelMeters (registry: MetricRegistry, providers: KnownModels): ModelObserver {
  const requests = registry.counter(METRICS.modelRequests)
  const seconds = registry.histogram(METRICS.modelSeconds)
  const firstSeconds = registry.histogram(METRICS.modelFirstSeconds)
  const tokens = registry.counter(METRICS.modelTokens)
  const dollars = registry.counter(METRICS.modelDollars)
  const attempts = registry.counter(METRICS.upstreamAttempts)

  function countUsage ({ provider, model, context: { environment } }: ModelAsked, usage: NonNullable<ModelEnd['usage']>): void {
    const name = knownModel(providers, provider, model)
    tokens.add([provider, name, environment, 'input'], usage.inputTokens)
    tokens.add([provider, name, environment, 'output'], usage.outputTokens)
    if (usage.cachedTokens > 0) tokens.add([provider, name, environment, 'cached'], usage.cachedTokens)
    if (usage.cacheWriteTokens > 0) tokens.add([provider, name, environment, 'cache-write'], usage.cacheWriteTokens)
    if (usage.cacheWrite1hTokens !== undefined) tokens.add([provider, name, environment, 'cache-write-1h'], usage.cacheWrite1hTokens)
    if (usage.reasoningTokens > 0) tokens.add([provider, name, environment, 'reasoning'], usage.reasoningTokens)
    if (usage.audioInputTokens !== undefined) tokens.add([provider, name, environment, 'audio-input'], usage.audioInputTokens)
    if (usage.audioOutputTokens !== undefined) tokens.add([provider, name, environment, 'audio-output'], usage.audioOutputTokens)
    if (usage.costNanoUsd !== null) dollars.add([provider, name, environment], usage.costNanoUsd / NANO)
  }

  function countAttempts ({ provider }: ModelAsked, { outcome, failedAttempts }: ModelEnd): void {
    if (failedAttempts > 0) attempts.add([provider, 'failed'], failedAttempts)
    if (outcome === 'done') attempts.add([provider, 'answered'])
  }

  return {
    begin (asked) {
      const startedMs = performance.now()
      const { provider } = asked
      return {
        traceHeaders: NO_HEADERS,
        decided () {},
        called () {},
        ended (end) {
          requests.add([provider, end.outcome])
          countAttempts(asked, end)
          if (end.usage !== null) countUsage(asked, end.usage)
          if (end.firstMs !== null) firstSeconds.observe([provider], (end.firstMs - startedMs) / 1_000)
          // A refusal takes no model's time: it would make the provider look fast.
          if (end.outcome !== 'denied' && end.outcome !== 'failed') seconds.observe([provider, end.outcome], (performance.now() - startedMs) / 1_000)
        },
      }
    },
  }
}
