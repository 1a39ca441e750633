import type { ModelRequest } from '../../../adapters/model-format.ts'
import type { Obligations } from '../../core/obligations.ts'
import { GatewayError } from '../../core/errors.ts'
import { spliced } from '../../decode/splice.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'

/**
 * The exchange with what an allow obliges to take out of its request taken out; the same exchange when it obliges to nothing.
 *
 * @throws GatewayError WEIR_ERR_INTERNAL when it cannot be taken out: then nothing may be sent
 */
export function withoutRedacted<T extends { readonly asked: ModelRequest }> (exchange: T, { redact }: Obligations, outgoing: Outgoing | undefined): T {
  if (redact === undefined) return exchange
  if (outgoing === undefined) throw new GatewayError('WEIR_ERR_INTERNAL', 'Policy obliges to take something out of requests that are not looked through.')
  const { asked } = exchange
  return { ...exchange, asked: { ...asked, body: outgoing.redact(spliced(asked.body, asked.splice), redact), splice: null } }
}
