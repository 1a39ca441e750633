import type { ServerResponse } from 'node:http'
import { REQUEST_ID_HEADER } from '../telemetry/request-id.ts'

/**
 * What each answer says, errors and refusals too: which request it is of, and that nobody keeps it. Nearly all of them are of one caller, hold
 * code, prompts or entries of the ledger, and are true for a moment. What may be kept says so itself, in a header that takes the place of this one.
 */
export function beginAnswer (response: ServerResponse, id: string): void {
  response.setHeader(REQUEST_ID_HEADER, id)
  response.setHeader('cache-control', 'no-store')
}
