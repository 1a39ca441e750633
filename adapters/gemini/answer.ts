import { readAnswerJson } from '../../gateway/decode/answer-json.ts'
import type { GovernedAnswer, RefusalStyle, Rule } from '../model-format.ts'
import { gatherSearches, governChunk, readChunk, searchedUsage, type Searched } from './chunk.ts'

/**
 * Decides every function call of a whole answer. One in which nothing had to change keeps its bytes.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the answer is no `GenerateContentResponse`
 */
export async function governAnswer (bytes: Buffer, rule: Rule, style: RefusalStyle): Promise<GovernedAnswer> {
  const json = readAnswerJson(bytes)
  const chunk = readChunk(json.value)
  const searched: Searched = { web: new Set(), files: new Set() }
  gatherSearches(chunk, searched)
  const { value, released, refused } = await governChunk(chunk, rule, style)
  return {
    body: json.exact && value === null ? bytes : Buffer.from(JSON.stringify(value ?? chunk.raw)),
    usage: searchedUsage(chunk.usage, searched),
    chars: chunk.candidates.reduce((sum, { chars }) => sum + chars, 0),
    callChars: chunk.candidates.reduce((sum, { callChars }) => sum + callChars, 0),
    released,
    refused,
  }
}
