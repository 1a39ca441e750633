import { governAnswer, type GovernedAnswer } from '../../../adapters/openai-chat/answer.ts'
import { GatewayError } from '../../core/errors.ts'
import { sendBytes, sendError } from '../../http/forward/raw-answer.ts'
import { MAX_ANSWER_BYTES } from './model-ports.ts'
import type { AnswerRelay, Exchange } from './relay.ts'

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** Buffers a whole answer, decides its calls, and sends it. */
export function createWholeRelay (exchange: Exchange & { readonly packed: boolean }): AnswerRelay {
  const { response, rule, refusalStyle, redact, packed } = exchange
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  let answer: GovernedAnswer | null = null
  return {
    data (chunk) {
      size += chunk.length
      if (size > MAX_ANSWER_BYTES) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The provider\'s answer is too large.')
      chunks.push(chunk)
    },
    async end () {
      if (packed) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The provider compressed its answer, which it was asked not to do.')
      const [only] = chunks
      answer = await governAnswer(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size), rule, refusalStyle)
      over = true
      sendBytes(response, 200, redact(answer.body), JSON_TYPE)
    },
    fail (error) {
      over = true
      sendError(response, error)
    },
    isOver: () => over,
    stop () {},
    result: () => ({ usage: answer?.usage ?? null, chars: answer?.chars ?? 0, released: answer?.released ?? 0, refused: answer?.refused ?? 0, notes: [] }),
  }
}
