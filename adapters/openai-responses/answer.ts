import { notUnderstood, readAnswerJson } from '../../gateway/decode/answer-json.ts'
import type { GovernedAnswer, RefusalStyle, Rule } from '../model-format.ts'
import { answeredCall, NOT_RULED, readResponse, replacementOf } from './item.ts'

const MAX_ITEMS = 1_024
const MAX_CALLS = 256

/**
 * Decides every tool call of a whole response. One in which nothing had to change keeps its bytes.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the answer is no response
 */
export async function governAnswer (bytes: Buffer, rule: Rule, style: RefusalStyle): Promise<GovernedAnswer> {
  const json = readAnswerJson(bytes)
  const { raw, items, usage } = readResponse(json.value)
  const calls = items.filter(({ call }) => call !== null).length
  if (items.length > MAX_ITEMS || calls > MAX_CALLS) throw notUnderstood('it has too many output items')
  const rulings = await Promise.all(items.map(async ({ call }) => call === null ? null : await rule(answeredCall(call))))
  const replacements = items.map((item, at) => replacementOf(item, rulings[at] ?? NOT_RULED, style))
  const refused = rulings.filter((ruling) => ruling?.allowed === false).length
  return {
    body: json.exact && replacements.every((one) => one === null) ? bytes : Buffer.from(JSON.stringify({ ...raw, ...(raw['output'] === undefined ? {} : { output: items.map((item, at) => replacements[at] ?? item.raw) }) })),
    usage,
    chars: items.reduce((sum, { chars }) => sum + chars, 0),
    callChars: items.reduce((sum, { call }) => sum + (call?.argumentsText.length ?? 0), 0),
    released: calls - refused,
    refused,
  }
}
