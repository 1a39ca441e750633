/** How one attempt failed before anything of its answer was passed on. */
export interface AttemptFailure {
  /** The provider's status, null when it gave none. */
  readonly status: number | null
  /** Code of the connection's error, null when there was an answer. */
  readonly code: string | null
  /** The provider's Retry-After, as it stands. */
  readonly retryAfter: string | null
}

// The provider says with each that it did not do the work. 500 is not among them: a model may have run, and been billed.
const NOT_DONE = [408, 429, 502, 503, 504, 529] as const
// There was no connection, or it went before a byte of an answer. A time-out is not among them: the model may still be at it.
const NOT_SERVED = [
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_SOCKET',
] as const
const CLOSED = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'] as const
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 8_000
const SECONDS = /^[0-9]{1,7}$/

/** Whether the same request may be sent again without paying twice for one answer. */
export function isSafeToRetry ({ status, code }: AttemptFailure): boolean {
  return status === null ? NOT_SERVED.some((known) => known === code) : NOT_DONE.some((known) => known === status)
}

/** Whether the connection was closed under the request, as a provider does with one that it has kept open for long enough. */
export function isClosedConnection ({ status, code }: AttemptFailure): boolean {
  return status === null && CLOSED.some((known) => known === code)
}

/** Whether the failure says something of the endpoint: that it is down, overloaded or broken. */
export function isEndpointFailure ({ status }: AttemptFailure): boolean {
  return status === null || status >= 500
}

/** Milliseconds before the next attempt, by chance between none and a bound that doubles: clients that failed together do not come back together. */
export function backoffMs (failures: number): number {
  return Math.random() * Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS)
}

/** Milliseconds that a Retry-After asks for, as seconds or as a date (RFC 9110, section 10.2.3); null when it says nothing that can be read. */
export function retryAfterMs (value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (SECONDS.test(value)) return Number(value) * 1_000
  const date = value.length <= 40 && /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}
