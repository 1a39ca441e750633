import { Agent, request } from 'undici'
import { AddressRefused, assertAllowedHost, guardedLookup } from './address-guard.ts'

const MAX_ANSWER_BYTES = 65_536 // read so that the connection can be used again; nothing in it counts
const MAX_RETRY_AFTER_MS = 3_600_000
const AWAY_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])

/**
 * What became of one attempt. `away`: the receiver could not take any event now. `refused`: it took note of this one and answered with an
 * error, or must not be connected to. `problem` is in words, without addresses.
 */
export type Sent =
  | { readonly kind: 'delivered', readonly status: number }
  | { readonly kind: 'away' | 'refused', readonly status: number | null, readonly problem: string, readonly retryAfterMs: number | null }

export interface Sender {
  /** One attempt. Never throws. */
  send (body: string, headers: Readonly<Record<string, string>>): Promise<Sent>
  /** Breaks what is under way. */
  close (): Promise<void>
}

export interface SenderOptions { readonly url: URL, readonly allowPrivate: boolean, readonly timeoutMs: number }

/** Posts to one address: one connection, no redirects (they would lead around the address guard), nothing of the answer but its status. */
export function createSender ({ url, allowPrivate, timeoutMs }: SenderOptions): Sender {
  const agent = new Agent({ connections: 1, pipelining: 1, connect: { timeout: timeoutMs, lookup: guardedLookup(allowPrivate) }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const stop = new AbortController()
  return {
    async send (body, headers) {
      try {
        assertAllowedHost(url, allowPrivate)
        const answer = await request(url, {
          dispatcher: agent,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'Weir', ...headers },
          body,
          signal: AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]),
        })
        await answer.body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined) // a receiver that never ends its answer has taken the event all the same
        return sentOf(answer.statusCode, answer.headers['retry-after'])
      } catch (cause) {
        return failureOf(cause)
      }
    },
    async close () {
      stop.abort()
      await agent.destroy()
    },
  }
}

function sentOf (status: number, retryAfter: string | string[] | undefined): Sent {
  if (status >= 200 && status < 300) return { kind: 'delivered', status }
  const problem = status >= 300 && status < 400 ? `the receiver answered ${status}; redirects are not followed` : `the receiver answered ${status}`
  return { kind: AWAY_STATUSES.has(status) ? 'away' : 'refused', status, problem, retryAfterMs: retryAfterMs(retryAfter, Date.now()) }
}

/** RFC 9110, 10.2.3: seconds or a date; at most an hour. */
function retryAfterMs (value: string | string[] | undefined, nowMs: number): number | null {
  const text = typeof value === 'string' ? value.trim() : ''
  const ms = /^[0-9]{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}

function failureOf (cause: unknown): Sent {
  const guarded = cause instanceof AddressRefused ? cause : null
  if (guarded !== null) return { kind: 'refused', status: null, problem: guarded.message, retryAfterMs: null }
  const isSlow = cause instanceof Error && (cause.name === 'TimeoutError' || ('code' in cause && String(cause.code).endsWith('_TIMEOUT')))
  return { kind: 'away', status: null, problem: isSlow ? 'the receiver did not answer in time' : 'the receiver could not be reached', retryAfterMs: null }
}
