import { Agent, fetch } from 'undici'
import { assertAllowedHost, guardedLookup } from '../hooks/address-guard.ts'

/** An answer grew beyond its limit. */
export class AnswerTooLarge extends Error { override readonly name = 'AnswerTooLarge' }

export interface GuardedFetchOptions {
  readonly url: URL
  readonly allowPrivate: boolean
  readonly headers: Readonly<Record<string, string>>
  /** Of one answer, bytes. */
  readonly maxBytes: number
  readonly timeoutMs: number
}

/** A `fetch` that reaches one address alone. */
export interface GuardedFetch {
  fetch (url: string | URL, init?: RequestInit): Promise<Response>
  /** Whether an answer was larger than may be. */
  wasTooLarge (): boolean
  /** Breaks what is under way. */
  close (): Promise<void>
}

/**
 * Requests for one server: to addresses that are allowed, without redirects (they would lead around that), with bounded answers, and with
 * the server's key, which the SDK never sees. A stream beside the answers (GET) is not opened: nothing that a server says unasked is heard.
 */
export function createGuardedFetch ({ url: own, allowPrivate, headers: extra, maxBytes, timeoutMs }: GuardedFetchOptions): GuardedFetch {
  const agent = new Agent({ connect: { timeout: timeoutMs, lookup: guardedLookup(allowPrivate) }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  let isTooLarge = false
  return {
    async fetch (url, init = {}) {
      if (String(url) !== own.href) throw new Error('only the configured address is asked')
      if ((init.method ?? 'GET') === 'GET') return new Response(null, { status: 405 })
      assertAllowedHost(own, allowPrivate)
      const headers = Object.fromEntries(new Headers(init.headers))
      const answer = await fetch(own, { method: init.method, body: init.body, signal: init.signal, headers: { ...headers, 'user-agent': 'Weir', ...extra }, redirect: 'manual', dispatcher: agent } as Parameters<typeof fetch>[1])
      const body = answer.body?.pipeThrough(bounded(maxBytes, () => { isTooLarge = true })) ?? null
      return new Response(body as ReadableStream<Uint8Array> | null, { status: answer.status, headers: Object.fromEntries(answer.headers) })
    },
    wasTooLarge: () => isTooLarge,
    close: () => agent.destroy(),
  }
}

function bounded (maxBytes: number, onTooLarge: () => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0
  return new TransformStream({
    transform (chunk, controller) {
      bytes += chunk.byteLength
      if (bytes <= maxBytes) return controller.enqueue(chunk)
      onTooLarge()
      controller.error(new AnswerTooLarge())
    },
  })
}
