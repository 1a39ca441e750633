import type { ServerResponse } from 'node:http'
import { isKnownHeader, type KnownHeaders } from '../../../adapters/model-format.ts'
import type { Redact } from './key-redactor.ts'

export type HeadersOfProvider = Readonly<Record<string, string | string[] | undefined>>

const MAX_HEADERS = 64 // Anthropic sends some twenty
const VALUE = /^[\x20-\x7e]{1,256}$/

/**
 * Puts on the client's answer what its own client reads of the provider's headers: the request's id, the rate limits, when to ask again.
 * Values that are sent twice, are long or are not printable ASCII are left out. If the key stands in any of them, all are.
 */
export function passHeaders (response: ServerResponse, headers: HeadersOfProvider, { known, redact }: { readonly known: KnownHeaders, readonly redact: Redact }): void {
  const passed: string[] = []
  for (const name of Object.keys(headers)) {
    if (!isKnownHeader(name, known)) continue
    const value = headers[name]
    if (typeof value === 'string' && VALUE.test(value)) passed.push(name, value)
  }
  if (passed.length === 0 || passed.length > 2 * MAX_HEADERS) return
  const bytes = Buffer.from(passed.join('\n'), 'latin1')
  if (redact(bytes) !== bytes) return
  for (let at = 0; at < passed.length; at += 2) response.setHeader(passed[at] ?? '', passed[at + 1] ?? '')
}
