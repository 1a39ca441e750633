import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Attributes, type Context, type Span, type Tracer } from '@opentelemetry/api'
import type { Decision } from '../../core/decision.ts'
import type { TokenUsage } from '../../core/usage.ts'
import { knownModel } from '../model-meters.ts'
import type { ModelAsked, ModelEnd, ModelObserver } from '../model-observer.ts'
import type { ObservedProviders } from '../open-telemetry.ts'
import type { SpanAttribute } from '../span-attributes.ts'
import { parseTraceparent, traceparentOf } from '../trace-parent.ts'
import type { ModelInstruments } from './model-instruments.ts'
import { providerName, serverOf } from './provider-facts.ts'

export interface ModelSpansPorts {
  readonly tracer: Tracer
  readonly instruments: ModelInstruments
  readonly providers: ObservedProviders
  /** Providers that are told the trace of a request. */
  readonly propagateTo: readonly string[]
}

type Ours = Readonly<Partial<Record<SpanAttribute, string | number | boolean>>>

const NO_HEADERS: readonly string[] = Object.freeze([])
const PLAIN_WORD = /^[A-Za-z0-9_.:-]{1,64}$/ // a model can write what it likes into a tool's name

/** One span for each model request and one below it for each decided tool call, by the GenAI conventions of OpenTelemetry. */
export function createModelSpans (ports: ModelSpansPorts): ModelObserver {
  const { tracer, instruments, providers, propagateTo } = ports
  return {
    begin (asked) {
      const startedMs = performance.now()
      const model = knownModel(providers, asked.provider, asked.model)
      const common = { 'gen_ai.operation.name': asked.operation, 'gen_ai.provider.name': providerName(asked.provider), 'gen_ai.request.model': model } satisfies Ours
      const parent = parentOf(asked.traceparent)
      const span = tracer.startSpan(`${asked.operation} ${model}`, { kind: SpanKind.CLIENT, startTime: startedMs, attributes: ours({ ...common, 'gen_ai.request.stream': asked.stream, ...about(asked) }) }, parent)
      const below = trace.setSpan(parent, span)
      return {
        traceHeaders: propagateTo.includes(asked.provider) ? ['traceparent', headerOf(span)] : NO_HEADERS,
        decided (decision, entry) { span.setAttributes(decided(decision, entry)) },
        called (native, calledMs, { decision, entry }) {
          const tool = PLAIN_WORD.test(native) ? native : '_OTHER'
          const attributes = ours({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool, ...about(asked), ...decided(decision, entry) })
          tracer.startSpan(`execute_tool ${tool}`, { kind: SpanKind.INTERNAL, startTime: calledMs, attributes }, below).end()
        },
        ended (end) {
          span.setAttributes(ended(asked, end, providers))
          if (end.error !== null) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
          instruments.record(common, startedMs, end)
        },
      }
    },
  }
}

function parentOf (header: string | undefined): Context {
  const parent = parseTraceparent(header)
  if (parent === null) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: parent.traceId, spanId: parent.spanId, traceFlags: parent.isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true })
}

function headerOf (span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return traceparentOf({ traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 })
}

function about ({ conversation, context: { app, environment, plane, request, session } }: ModelAsked): Ours {
  return {
    ...(conversation === null ? {} : { 'gen_ai.conversation.id': conversation }),
    'weir.app': app,
    'weir.environment': environment,
    'weir.plane': plane,
    ...(request === undefined ? {} : { 'weir.request.id': request }),
    ...(session === null ? {} : { 'weir.session': session.id }),
  }
}

function decided ({ verdict, rule, revision }: Decision, entry: number): Attributes {
  return ours({ 'weir.verdict': verdict, 'weir.rule': rule, 'weir.revision': revision, 'weir.entry': entry })
}

function ended ({ provider }: ModelAsked, { outcome, error, usage, endpoint }: ModelEnd, providers: ObservedProviders): Attributes {
  const server = endpoint === null ? null : serverOf(providers[provider], endpoint)
  return ours({
    'weir.outcome': outcome,
    ...(error === null ? {} : { 'error.type': error }),
    ...(server === null ? {} : { 'server.address': server.address, 'server.port': server.port }),
    ...(usage === null ? {} : tokens(usage)),
    ...(usage === null || usage.costNanoUsd === null ? {} : { 'weir.cost_nano_usd': usage.costNanoUsd }),
  })
}

function tokens ({ inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens, estimated }: TokenUsage): Ours {
  const whole: Ours = { 'gen_ai.usage.input_tokens': inputTokens, 'gen_ai.usage.output_tokens': outputTokens }
  if (estimated) return whole
  return {
    ...whole,
    'gen_ai.usage.cache_read.input_tokens': cachedTokens,
    'gen_ai.usage.cache_creation.input_tokens': cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': reasoningTokens,
  }
}

// The one way into a span: only the listed attributes fit its type.
function ours (attributes: Ours): Attributes {
  return attributes
}
