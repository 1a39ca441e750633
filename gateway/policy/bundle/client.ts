import { Agent, request, type Dispatcher } from 'undici'
import { GatewayError } from '../../core/errors.ts'

/** What a bundle server said. `longPolls` is whether it holds requests until something changes. */
export type Fetched =
  | { readonly status: 'new', readonly archive: Uint8Array, readonly etag: string | null, readonly longPolls: boolean }
  | { readonly status: 'same', readonly longPolls: boolean }

export interface FetchOptions {
  /** ETag of what is there already. */
  readonly etag: string | null
  /** How long the server may hold the request, seconds; 0 for not at all. */
  readonly waitSeconds: number
  readonly signal?: AbortSignal
}

export interface BundleClient {
  /** @throws GatewayError WEIR_ERR_POLICY_FETCH; the message holds neither address nor token */
  fetch (options: FetchOptions): Promise<Fetched>
  close (): Promise<void>
}

const MAX_BUNDLE_BYTES = 32 * 1024 * 1024
const MAX_ETAG_CHARS = 1_024
const MAX_REDIRECTS = 5
const CONNECT_TIMEOUT_MS = 10_000
const ANSWER_TIMEOUT_MS = 30_000
const LONG_POLL_TYPE = 'application/vnd.openpolicyagent.bundles'

/**
 * A client of any server that OPA can fetch bundles from: conditional requests, and long polling where the server offers it.
 *
 * @param token bearer token, sent to the configured origin only
 */
export function createBundleClient (url: URL, token: string | null): BundleClient {
  const agent = new Agent({ connectTimeout: CONNECT_TIMEOUT_MS })
  return {
    async fetch (options) {
      const deadlineMs = options.waitSeconds * 1_000 + ANSWER_TIMEOUT_MS
      const signals = [AbortSignal.timeout(deadlineMs), ...(options.signal === undefined ? [] : [options.signal])]
      try {
        const response = await follow(url, { dispatcher: agent, headers: headersOf(options, token), headersTimeout: deadlineMs, bodyTimeout: ANSWER_TIMEOUT_MS, signal: AbortSignal.any(signals) })
        return await read(response)
      } catch (cause) {
        throw cause instanceof GatewayError ? cause : failed('could not be reached, or stopped answering', cause)
      }
    },
    close: () => agent.destroy(),
  }
}

type Response = Dispatcher.ResponseData<unknown>

interface Settings {
  readonly dispatcher: Dispatcher
  readonly headers: Record<string, string>
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly signal: AbortSignal
}

// Another origin was never configured: it gets neither the token nor the right to be asked.
async function follow (url: URL, settings: Settings): Promise<Response> {
  let place = url
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await request(place, settings)
    if (![301, 302, 303, 307, 308].includes(response.statusCode)) return response
    await response.body.dump({ limit: 65_536 })
    const { location } = response.headers
    if (typeof location !== 'string' || !URL.canParse(location, place.href)) throw failed('redirects to nowhere')
    place = new URL(location, place)
    if (place.origin !== url.origin) throw failed('redirects to another origin')
  }
  throw failed(`redirects more than ${MAX_REDIRECTS} times`)
}

function headersOf ({ etag, waitSeconds }: FetchOptions, token: string | null): Record<string, string> {
  return {
    prefer: waitSeconds > 0 ? `modes=snapshot;wait=${waitSeconds}` : 'modes=snapshot',
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  }
}

async function read (response: Response): Promise<Fetched> {
  const { 'content-type': type, etag } = response.headers
  const longPolls = type === LONG_POLL_TYPE
  if (response.statusCode === 304) {
    await response.body.dump({ limit: 65_536 })
    return { status: 'same', longPolls }
  }
  if (response.statusCode !== 200) {
    await response.body.dump({ limit: 65_536 })
    throw failed(`answered ${response.statusCode}`)
  }
  const archive = await bodyOf(response)
  return { status: 'new', archive, etag: typeof etag === 'string' && etag.length <= MAX_ETAG_CHARS ? etag : null, longPolls }
}

async function bodyOf (response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_BUNDLE_BYTES) throw failed(`sent more than ${MAX_BUNDLE_BYTES} bytes`) // leaving the loop destroys the stream
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function failed (what: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_FETCH', `The bundle server ${what}.`, cause === undefined ? {} : { cause })
}
