import type { TokenUsage } from '../core/usage.ts'

/** A request before it is answered. `generates`: the answer is a model's words, not numbers. */
export interface Unanswered { readonly provider: string, readonly model: string, readonly generates: boolean, readonly bytes: number }

/** What requests will use, by what their like have used. */
export interface HoldEstimates {
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

interface Moving { readonly mean: number, readonly deviation: number }
interface Learned { readonly answers: number, readonly inputPerByte: Moving, readonly cachedShare: number, readonly heardShare: number, readonly spokenShare: number, readonly output: Moving }

/** @param outputTokens of an answer of a model that has not answered yet */
export function createHoldEstimates (outputTokens: number): HoldEstimates {
  const learned = new Map<string, Learned>()
  return {
    estimate (request) {
      const known = learned.get(keyOf(request))
      const perByte = known === undefined ? 1 / BYTES_PER_TOKEN : high(known.inputPerByte)
      const inputTokens = Math.round(request.bytes * perByte)
      const answerTokens = request.generates ? Math.round(known === undefined ? outputTokens : high(known.output)) : 0
      return {
        inputTokens,
        outputTokens: answerTokens,
        // Agents send the same beginning again and again: without this a long session would hold ten times what it costs.
        cachedTokens: Math.floor(inputTokens * (known?.cachedShare ?? 0)),
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        // Audio costs up to twenty times what text does.
        audioInputTokens: Math.ceil(inputTokens * (known?.heardShare ?? 0)),
        audioOutputTokens: Math.ceil(answerTokens * (known?.spokenShare ?? 0)),
        estimated: true,
      }
    },
    isLearned: (request) => (learned.get(keyOf(request))?.answers ?? 0) >= ENOUGH_ANSWERS,
    observe (request, { inputTokens, outputTokens, cachedTokens, audioInputTokens = 0, audioOutputTokens = 0 }) {
      const key = keyOf(request)
      const known = learned.get(key)
      learned.set(key, {
        answers: (known?.answers ?? 0) + 1,
        inputPerByte: moved(known?.inputPerByte, inputTokens / Math.max(1, request.bytes)),
        cachedShare: movedShare(known?.cachedShare, cachedTokens, inputTokens),
        heardShare: movedShare(known?.heardShare, audioInputTokens, inputTokens),
        spokenShare: movedShare(known?.spokenShare, audioOutputTokens, outputTokens),
        output: moved(known?.output, outputTokens),
      })
    },
  }
}

function moved (known: Moving | undefined, value: number): Moving {
  if (known === undefined) return { mean: value, deviation: value / 2 }
  const { mean, deviation } = known
  return {
    mean: mean + (value - mean) * MEAN_SHARE,
    deviation: deviation + (Math.abs(value - mean) - deviation) * DEVIATION_SHARE,
  }
}

function movedShare (known: number | undefined, part: number, whole: number): number {
  const share = whole > 0 ? part / whole : 0
  return known === undefined ? share : known + (share - known) * MEAN_SHARE
}

function high ({ mean, deviation }: Moving): number {
  return mean + deviation
}

function keyOf ({ provider, model, generates }: Unanswered): string {
  return JSON.stringify([provider, model, generates])
}
