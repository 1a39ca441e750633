import type { GovernedAnswer } from '../../../adapters/model-format.ts'
import { GatewayError } from '../../core/errors.ts'
import { isRecord, notUnderstood, readAnswerJson } from '../../decode/answer-json.ts'
import { sendBytes, sendJson } from '../../http/forward/raw-answer.ts'
import { MAX_ANSWER_BYTES } from './model-ports.ts'
import type { AnswerExchange, AnswerRelay } from './relay.ts'

// Where the answers of the wire formats keep what a model said and called.
const WORDS = ['choices', 'output', 'content', 'candidates']
// Where they keep what was counted: Gemini's embeddings have its own name for it.
const COUNTS = ['usage', 'usageMetadata']
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** Buffers a whole answer, decides its calls, and sends it. */
export function createWholeRelay (exchange: AnswerExchange): AnswerRelay {
  const { response, format, redact } = exchange
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  let answer: GovernedAnswer | null = null // until it is read, its bytes are all that is known of its length
  return {
    data (chunk) {
      size += chunk.length
      if (size > MAX_ANSWER_BYTES) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The provider\'s answer is too large.')
      chunks.push(chunk)
      return undefined
    },
    async end () {
      const [only] = chunks
      answer = await governed(exchange, chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size))
      over = true
      sendBytes(response, 200, redact(answer.body), JSON_TYPE)
    },
    fail (error) {
      over = true
      sendJson(response, error.statusCode, format.errorBody(error))
    },
    isOver: () => over,
    stop () {},
    result: () => ({ usage: answer?.usage ?? null, chars: answer === null ? size : answer.chars + answer.callChars, firstMs: null, released: answer?.released ?? 0, refused: answer?.refused ?? 0, notes: [] }),
  }
}

async function governed ({ format, asked, rule, refusalStyle }: AnswerExchange, bytes: Buffer): Promise<GovernedAnswer> {
  if (asked.generates) return await format.governAnswer(bytes, rule, refusalStyle)
  // Numbers, not words: there is nothing in them to decide.
  const { value } = readAnswerJson(bytes)
  if (isRecord(value) && WORDS.some((name) => Object.hasOwn(value, name))) throw notUnderstood('it holds words where numbers were asked for')
  const usage = isRecord(value) ? COUNTS.map((name) => value[name]).find(isRecord) : undefined
  return { body: bytes, usage: usage ?? null, chars: 0, callChars: 0, released: 0, refused: 0 }
}
