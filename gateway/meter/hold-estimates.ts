import { billedBeside, type BilledBeside } from '../core/billed-beside.ts'
import type { TokenUsage } from '../core/usage.ts'

/** A request before it is answered. `generates`: the answer is a model's words, not numbers. */
export interface Unanswered { readonly provider: string, readonly model: string, readonly generates: boolean, readonly bytes: number }

/** What requests will use, by what their like have used. */
export interface HoldEstimates {
  /** What it says of writes to a cache and of audio is the most that there may be: see `mostExpensive`. */
  estimate (request: Unanswered): TokenUsage
  /** Whether enough of its like were answered to go by them. */
  isLearned (request: Unanswered): boolean
  /** Learns from an answered request. To be called for configured models only: one small row is kept for each. */
  observe (request: Unanswered, usage: TokenUsage): void
}

const BYTES_PER_TOKEN = 4
const ENOUGH_ANSWERS = 8 // by then the first deviation, a guess of half the value, has nearly gone
// As TCP estimates its time-outs (RFC 6298): a moving mean and a moving deviation. The sum of what many requests hold then stays above
// the sum of what they use, while requests that are all alike hold hardly more than they use.
const MEAN_SHARE = 1 / 8
const DEVIATION_SHARE = 1 / 4
const UNSURE = 1 / 2 // what one answer says of the next one's use of a cache: little

interface Moving { readonly mean: number, readonly deviation: number }
interface Learned { readonly answers: number, readonly inputPerByte: Moving, readonly cached: Moving, readonly written: Moving, readonly writtenForHour: Moving, readonly heard: Moving, readonly spoken: Moving, readonly output: Moving, readonly webSearches: Moving, readonly fileSearches: Moving, readonly serviceTier: string | undefined }

/**
 * What it costs at most, in 10⁻⁹ dollars, when up to that much of it is written to a cache, up to that much of this for an hour, and up to that
 * much of it is audio. Writes are dearer than reads of fresh input with most providers, and cheaper with some. Null when no price is known.
 */
export function mostExpensive (usage: TokenUsage, costOf: (usage: TokenUsage) => number | null): number | null {
  const { inputTokens, cachedTokens, cacheWriteTokens, cacheWrite1hTokens = 0, audioInputTokens = 0, audioOutputTokens = 0 } = usage
  const text = { ...usage, audioInputTokens: 0, audioOutputTokens: 0 }
  const splits = writes(text)
  if (audioInputTokens + audioOutputTokens > 0) {
    // Rate cards have no price for audio that is written to a cache: what is one is not the other.
    const written = Math.min(cacheWriteTokens, Math.max(0, inputTokens - cachedTokens - audioInputTokens))
    splits.push(...writes({ ...usage, cacheWriteTokens: written, cacheWrite1hTokens: Math.min(cacheWrite1hTokens, written) }))
  }
  return splits.map(costOf).reduce((most, cost) => most === null || cost === null ? most ?? cost : Math.max(most, cost), null)
}

function writes (usage: TokenUsage): TokenUsage[] {
  const { cacheWriteTokens, cacheWrite1hTokens = 0 } = usage
  const splits = [{ ...usage, cacheWriteTokens: 0, cacheWrite1hTokens: 0 }]
  if (cacheWriteTokens > 0) splits.push({ ...usage, cacheWrite1hTokens: 0 })
  if (cacheWrite1hTokens > 0) splits.push({ ...usage, cacheWrite1hTokens })
  return splits
}

/** @param outputTokens of an answer of a model that has not answered yet */
export function createHoldEstimates (outputTokens: number): HoldEstimates {
  const learned = new Map<string, Learned>()
  return {
    estimate (request) {
      const known = learned.get(keyOf(request))
      const perByte = known === undefined ? 1 / BYTES_PER_TOKEN : high(known.inputPerByte)
      const inputTokens = Math.round(request.bytes * perByte)
      const cachedTokens = Math.round(inputTokens * (known === undefined ? 0 : low(known.cached)))
      // Until it is known that a model's clients do not write to its cache, every token of theirs may be written, at up to twice the price.
      const cacheWriteTokens = Math.round((inputTokens - cachedTokens) * (known === undefined ? 1 : share(known.written)))
      const answerTokens = request.generates ? Math.round(known === undefined ? outputTokens : high(known.output)) : 0
      return {
        inputTokens,
        outputTokens: answerTokens,
        // Agents send the same beginning again and again: without this a long session would hold ten times what it costs.
        cachedTokens,
        cacheWriteTokens,
        cacheWrite1hTokens: Math.round(cacheWriteTokens * (known === undefined ? 1 : share(known.writtenForHour))),
        reasoningTokens: 0,
        // Audio costs up to twenty times what text does, so until it is known what a model's clients send it may be all of it.
        audioInputTokens: Math.round(inputTokens * (known === undefined ? 1 : share(known.heard))),
        audioOutputTokens: Math.round(answerTokens * (known === undefined ? 1 : share(known.spoken))),
        ...besideOf(known),
        estimated: true,
      }
    },
    isLearned: (request) => (learned.get(keyOf(request))?.answers ?? 0) >= ENOUGH_ANSWERS,
    observe (request, { inputTokens, outputTokens, cachedTokens, cacheWriteTokens, cacheWrite1hTokens = 0, audioInputTokens = 0, audioOutputTokens = 0, webSearches = 0, fileSearches = 0, serviceTier }) {
      const key = keyOf(request)
      const known = learned.get(key)
      learned.set(key, {
        answers: (known?.answers ?? 0) + 1,
        inputPerByte: moved(known?.inputPerByte, inputTokens / Math.max(1, request.bytes)),
        cached: movedPart(known?.cached, cachedTokens, inputTokens),
        written: movedPart(known?.written, cacheWriteTokens, inputTokens - cachedTokens),
        writtenForHour: movedPart(known?.writtenForHour, cacheWrite1hTokens, cacheWriteTokens),
        heard: movedPart(known?.heard, audioInputTokens, inputTokens),
        spoken: movedPart(known?.spoken, audioOutputTokens, outputTokens),
        output: moved(known?.output, outputTokens),
        webSearches: moved(known?.webSearches, webSearches),
        fileSearches: moved(known?.fileSearches, fileSearches),
        serviceTier, // a setting of the clients, which are mostly of one kind: the next one will be served as the last one was
      })
    },
  }
}

function besideOf (known: Learned | undefined): BilledBeside {
  if (known === undefined) return {}
  return billedBeside({ webSearches: Math.round(high(known.webSearches)), fileSearches: Math.round(high(known.fileSearches)), tiers: known.serviceTier?.split('+') ?? [] })
}

function moved (known: Moving | undefined, value: number): Moving {
  if (known === undefined) return { mean: value, deviation: value / 2 }
  const { mean, deviation } = known
  return {
    mean: mean + (value - mean) * MEAN_SHARE,
    deviation: deviation + (Math.abs(value - mean) - deviation) * DEVIATION_SHARE,
  }
}

// Where there is no whole there is nothing to learn of its parts.
function movedPart (known: Moving | undefined, part: number, whole: number): Moving {
  if (whole <= 0) return known ?? { mean: 0, deviation: UNSURE }
  const value = Math.min(1, part / whole)
  return known === undefined ? { mean: value, deviation: UNSURE } : moved(known, value)
}

function high ({ mean, deviation }: Moving): number {
  return mean + deviation
}

function low ({ mean, deviation }: Moving): number {
  return Math.max(0, mean - deviation)
}

function share (moving: Moving): number {
  return Math.min(1, high(moving))
}

function keyOf ({ provider, model, generates }: Unanswered): string {
  return JSON.stringify([provider, model, generates])
}
