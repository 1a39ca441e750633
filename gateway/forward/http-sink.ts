import { createHash } from 'node:crypto'
import { Agent, request } from 'undici'
import { signedHeaders } from '../hooks/signature.ts'
import { bodyOf } from '../ledger/formats/entry-formats.ts'
import { otlpLogs } from '../ledger/formats/otlp-log.ts'
import type { LedgerSource, OutwardEntry } from '../ledger/formats/outward-entry.ts'
import type { ForwardFormat } from './forward-schema.ts'
import type { Sent, Sink, TlsFiles } from './sink.ts'

const MAX_ANSWER_BYTES = 65_536
const MAX_RETRY_AFTER_MS = 3_600_000
// These say something of the address or the credentials, or of this moment, and nothing of the entries: they would be refused for no fault of theirs.
const NOT_ABOUT_ENTRIES: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 426, 429, 451])

export interface HttpSinkOptions {
  readonly url: URL
  readonly form: ForwardFormat | 'otlp'
  readonly headers: Readonly<Record<string, string>>
  /** Keys that posts are signed with (Standard Webhooks); empty for none. */
  readonly keys: readonly Buffer[]
  readonly tls: TlsFiles
  readonly timeoutMs: number
  readonly nowMs: () => number
}

/** Posts entries to one address: one connection, no redirects. */
export function createHttpSink ({ url, form, headers, keys, tls, timeoutMs, nowMs }: HttpSinkOptions): Sink {
  const agent = new Agent({ connections: 1, pipelining: 1, connect: { ...tls, timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const stop = new AbortController()
  return {
    async send (entries, source) {
      const { type, text } = form === 'otlp' ? { type: 'application/json', text: otlpLogs(entries, source) } : bodyOf(form, entries, source)
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method: 'POST',
          headers: { 'user-agent': 'Weir', ...headers, 'content-type': type, ...(keys.length === 0 ? {} : signedHeaders({ id: idOf(entries, source), body: text }, keys, nowMs())) },
          body: text,
          signal: AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]),
        })
        const said = await startOf(answer.body).catch(() => '') // a receiver that never ends its answer has taken the entries all the same
        return sentOf(answer.statusCode, answer.headers['retry-after'], form === 'otlp' ? said : '', nowMs())
      } catch (cause) {
        return { kind: 'away', problem: isSlow(cause) ? 'the receiver did not answer in time' : 'the receiver could not be reached', retryAfterMs: null }
      }
    },
    async close () {
      stop.abort()
      await agent.destroy()
    },
  }
}

/** The same for the same entries, so that a receiver knows what comes twice. */
function idOf (entries: readonly OutwardEntry[], { origin }: LedgerSource): string {
  return `led_${createHash('sha256').update([origin, ...entries.map(({ entry }) => entry.index)].join(' ')).digest('hex').slice(0, 32)}`
}

async function startOf (body: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const piece of body) {
    text += piece.toString('latin1')
    if (text.length >= MAX_ANSWER_BYTES) break
  }
  return text
}

function sentOf (status: number, retryAfter: string | string[] | undefined, said: string, nowMs: number): Sent {
  if (status >= 200 && status < 300) {
    const rejected = rejectedOf(said)
    return { kind: 'taken', rejected, problem: rejected === 0 ? null : 'the receiver threw some of the entries away' }
  }
  if (status >= 400 && status < 500 && !NOT_ABOUT_ENTRIES.has(status)) return { kind: 'refused', problem: `the receiver answered ${status}` }
  const problem = status >= 300 && status < 400 ? `the receiver answered ${status}; redirects are not followed` : `the receiver answered ${status}`
  return { kind: 'away', problem, retryAfterMs: retryAfterMs(retryAfter, nowMs) }
}

/** OTLP's partial success: it says how many, not which, and forbids to send them again. */
function rejectedOf (said: string): number {
  try {
    const answer = JSON.parse(said) as { readonly partialSuccess?: { readonly rejectedLogRecords?: number | string } } | null
    const count = Number(answer?.partialSuccess?.rejectedLogRecords ?? 0)
    return Number.isSafeInteger(count) && count > 0 ? count : 0
  } catch {
    return 0 // an answer that is no JSON says nothing of rejected entries
  }
}

/** RFC 9110, 10.2.3: seconds or a date; at most an hour. */
function retryAfterMs (value: string | string[] | undefined, nowMs: number): number | null {
  const text = typeof value === 'string' ? value.trim() : ''
  const ms = /^[0-9]{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}

function isSlow (cause: unknown): boolean {
  return cause instanceof Error && (cause.name === 'TimeoutError' || ('code' in cause && String(cause.code).endsWith('_TIMEOUT')))
}
