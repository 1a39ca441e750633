import { GatewayError } from '../../core/errors.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 1_048_576 // a key set of a large provider has some 10 KB
const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/

/** What asks an identity provider: a `fetch` that takes only what this module says. */
export type IdpFetch = (url: string, init?: IdpRequest) => Promise<Response>
export interface IdpRequest {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: RequestInit['body']
  readonly signal?: AbortSignal | undefined
}

/** Whether a provider may be asked there: by TLS, or on this machine. */
export function mayBeAsked (url: URL): boolean {
  const isSecret = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
  return isSecret && url.username === '' && url.password === '' && url.hash === '' && url.search === ''
}

/**
 * Asks, in bounded time and for a bounded answer. A redirect is an error: it would let whoever answers send us, and what we say, elsewhere.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM
 */
export const idpFetch: IdpFetch = async (url, init = {}) => {
  const target = new URL(url)
  target.search = ''
  if (!mayBeAsked(target)) throw away('An address of the identity provider is not https.')
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  const signal = init.signal === undefined ? limit : AbortSignal.any([limit, init.signal])
  try {
    const answer = await fetch(url, { ...init, body: init.body ?? null, signal, redirect: 'manual' })
    if (answer.status >= 300 && answer.status < 400) {
      await answer.body?.cancel()
      throw away('The identity provider answers with a redirect.')
    }
    const bytes = await boundedBody(answer)
    return new Response(answer.status === 204 ? null : bytes, { status: answer.status, headers: answer.headers })
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw away('The identity provider could not be reached.', cause)
  }
}

async function boundedBody (answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of answer.body ?? []) {
    bytes += piece.length
    if (bytes > MAX_BYTES) throw away('The identity provider answers with more than 1 MiB.')
    pieces.push(piece)
  }
  return Uint8Array.from(Buffer.concat(pieces))
}

function away (message: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_UPSTREAM', message, { cause })
}
