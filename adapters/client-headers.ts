import type { IncomingHttpHeaders } from 'node:http'
import { malformed } from '../gateway/decode/json-span.ts'
import { isKnownHeader, type KnownHeaders } from './model-format.ts'

export const CLIENT_HEADER_LIMITS = {
  /** Headers of one request that go on: clients send two or three. */
  headers: 16,
  /** Characters of one of them: lists of beta flags are a few hundred. */
  valueChars: 4_096,
} as const

const VALUE = /^[\x20-\x7e]*$/
// The key is the gateway's: who is billed, in whose name, and what an answer leaves out are not the client's to say, under whatever prefix.
const WITHHELD = /(?:^|-)(?:key|token|secret|cookie|credentials?|auth|authorization|authority|authenticated|jwt|iam|iap|organization|organisation|org|project|workspace|account|user|tenant|billing|fieldmask)(?:-|$)/

/**
 * Headers of the client's that its protocol gives a meaning (beta flags, versions), names and values alternating. None that is or chooses a
 * credential or an account, however it begins.
 *
 * @throws GatewayError WEIR_ERR_DECODE_MALFORMED when they are more or longer than `CLIENT_HEADER_LIMITS`, or not printable ASCII: a flag that silently stayed behind would change the answer
 */
export function clientHeaders (client: IncomingHttpHeaders, known: KnownHeaders): readonly string[] {
  const passed: string[] = []
  for (const name of Object.keys(client)) {
    if (!isKnownHeader(name, known) || WITHHELD.test(name)) continue
    const value = client[name]
    if (typeof value !== 'string' || value.length > CLIENT_HEADER_LIMITS.valueChars || !VALUE.test(value)) throw malformed(`its header ${name} is too long or not plain text`)
    passed.push(name, value)
  }
  if (passed.length > 2 * CLIENT_HEADER_LIMITS.headers) throw malformed('it has too many headers of its protocol')
  return passed
}
