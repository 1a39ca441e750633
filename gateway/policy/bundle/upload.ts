import { Agent, request, type Dispatcher } from 'undici'
import { GatewayError } from '../../core/errors.ts'

export interface UploadOptions {
  readonly url: URL
  readonly archive: Uint8Array
  /** Bearer token. Never logged. */
  readonly token: string | null
}

/** `guarded` is false when the server gives no ETag to make the upload depend on. */
export interface Uploaded { readonly etag: string | null, readonly guarded: boolean }

const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Puts a bundle in the place of the one that is there now, unless somebody else does so meanwhile: the upload depends on the
 * ETag that was read before (RFC 9110, section 13.1.1).
 *
 * @throws GatewayError WEIR_ERR_DECIDED when another upload came between, WEIR_ERR_POLICY_FETCH for any other refusal
 */
export async function uploadBundle (options: UploadOptions): Promise<Uploaded> {
  const agent = new Agent({ connectTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  try {
    const before = await send(agent, options, 'HEAD', {})
    if (before.status !== 404 && !isSuccess(before.status)) throw refusal(before.status)
    const condition = before.status === 404 ? { 'if-none-match': '*' } : matching(before.etag)
    const put = await send(agent, options, 'PUT', { ...condition, 'content-type': 'application/gzip' })
    if (put.status === 412) throw new GatewayError('WEIR_ERR_DECIDED', 'Another bundle was put there meanwhile. See what it is, then push again.')
    if (!isSuccess(put.status)) throw refusal(put.status)
    return { etag: put.etag, guarded: condition !== null }
  } finally {
    await agent.destroy()
  }
}

interface Answer { readonly status: number, readonly etag: string | null }

async function send (dispatcher: Dispatcher, { url, archive, token }: UploadOptions, method: 'HEAD' | 'PUT', headers: Record<string, string>): Promise<Answer> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
  try {
    const response = await request(url, { dispatcher, method, headers: { ...headers, ...authorization }, body: method === 'PUT' ? archive : null })
    await response.body.dump({ limit: MAX_ANSWER_BYTES })
    const { etag } = response.headers
    return { status: response.statusCode, etag: typeof etag === 'string' ? etag : null }
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_FETCH', `The bundle server at ${url.origin} could not be reached.`, { cause })
  }
}

// A weak ETag never matches under If-Match, which compares strongly.
function matching (etag: string | null): { readonly 'if-match': string } | null {
  return etag === null || etag.startsWith('W/') ? null : { 'if-match': etag }
}

function isSuccess (status: number): boolean {
  return status >= 200 && status < 300
}

function refusal (status: number): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_FETCH', `The bundle server answered ${status}.`)
}
