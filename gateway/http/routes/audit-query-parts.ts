import { GatewayError } from '../../core/errors.ts'
import { parseTimeMs } from '../../ledger/entry-filter.ts'
import type { Sight } from './audit-access.ts'

/** How long an answer waits for the store, ms: longer than any healthy lag. Behind it the answer says how far the store is. */
export const CATCH_UP_MS = 2_000

/** Asking for what one may not see finds nothing; it does not find something else instead. */
export function contradicts (query: { readonly [Name in keyof Sight]?: string | undefined }, sight: Sight): boolean {
  return (['actor', 'app', 'env'] as const).some((name) => query[name] !== undefined && sight[name] !== undefined && query[name] !== sight[name])
}

/** A time in a query. @throws GatewayError WEIR_ERR_DECODE_MALFORMED, naming the parameter */
export function timeMs (text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  const time = parseTimeMs(text, Date.now())
  if (time === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `"${name}" is no time: give Unix milliseconds, an ISO date, or an age such as 12h.`)
  return time
}
