import { isRecord, notUnderstood, readAnswerJson, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import type { GovernedAnswer, RefusalStyle, Rule } from '../model-format.ts'
import { changedBlock, fittingStop, readBlock, readMessage, refusedBlock, type Block } from './block.ts'

const MAX_BLOCKS = 1_024
const MAX_CALLS = 256

/**
 * Decides every tool call of a whole message. One in which nothing had to change keeps its bytes.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the answer is no message
 */
export async function governAnswer (bytes: Buffer, rule: Rule, style: RefusalStyle): Promise<GovernedAnswer> {
  const json = readAnswerJson(bytes)
  const { raw, content } = readMessage(json.value)
  if (content.length > MAX_BLOCKS) throw notUnderstood(`it has more than ${MAX_BLOCKS} content blocks`)
  const blocks = content.map(readBlock)
  if (blocks.filter(({ call }) => call !== null).length > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} tool calls`)
  const governed = await Promise.all(blocks.map((block) => governBlock(block, rule, style)))
  const refused = governed.filter((one) => one.refused).length
  const released = blocks.filter(({ call }) => call !== null).length - refused
  const stop = fittingStop(raw['stop_reason'], style === 'text' ? released : released + refused)
  const unchanged = json.exact && governed.every(({ block }, at) => block === blocks[at]?.raw) && stop === raw['stop_reason']
  return {
    body: unchanged ? bytes : Buffer.from(JSON.stringify({ ...raw, content: governed.map(({ block }) => block), ...(stop === undefined ? {} : { stop_reason: stop }) })),
    usage: isRecord(raw['usage']) ? raw['usage'] : null,
    chars: blocks.reduce((sum, block) => sum + (typeof block.raw['text'] === 'string' ? block.raw['text'].length : 0), 0),
    callChars: blocks.reduce((sum, { raw, call }) => sum + (call === null ? 0 : JSON.stringify(raw['input'] ?? {}).length), 0),
    released,
    refused,
  }
}

async function governBlock ({ raw, call }: Block, rule: Rule, style: RefusalStyle): Promise<{ readonly block: JsonRecord, readonly refused: boolean }> {
  if (call === null) return { block: raw, refused: false }
  const ruling = await rule({ id: call.id, native: call.name, argumentsText: JSON.stringify(raw['input'] ?? {}), problem: null, fixed: call.fixed })
  if (!ruling.allowed) return { block: refusedBlock(call, ruling.feedback, style), refused: true }
  return { block: ruling.argumentsText === undefined ? raw : { ...raw, ...changedBlock(call, ruling.argumentsText) }, refused: false }
}
