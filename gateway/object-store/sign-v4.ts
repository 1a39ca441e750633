import { createHash, createHmac } from 'node:crypto'

const ALGORITHM = 'AWS4-HMAC-SHA256'

export interface Credentials { readonly accessKey: string, readonly secretKey: string, readonly sessionToken: string | null }

export interface RequestToSign {
  readonly method: string
  /** Its path is in the form in which it is sent. */
  readonly url: URL
  /** In lower case; `host` is taken from the address. */
  readonly headers: Readonly<Record<string, string>>
  /** SHA-256 of the body, hex. */
  readonly bodySha256: string
}

/** The headers to add so that an S3-compatible store takes the request (AWS Signature Version 4, headers, whole body signed). */
export function signV4 ({ method, url, headers, bodySha256 }: RequestToSign, credentials: Credentials, region: string, nowMs: number): Readonly<Record<string, string>> {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const added = { 'x-amz-content-sha256': bodySha256, 'x-amz-date': time, ...(credentials.sessionToken === null ? {} : { 'x-amz-security-token': credentials.sessionToken }) }
  const signed = Object.entries({ ...headers, ...added, host: url.host }).sort(([a], [b]) => a < b ? -1 : 1)
  const names = signed.map(([name]) => name).join(';')
  const canonical = [method, canonicalPath(url), canonicalQuery(url), ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`), '', names, bodySha256].join('\n')
  const toSign = [ALGORITHM, time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((parent, part) => createHmac('sha256', parent).update(part).digest(), `AWS4${credentials.secretKey}`)
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  return { ...added, authorization: `${ALGORITHM} Credential=${credentials.accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}` }
}

/** Text as SigV4 encodes it: all but RFC 3986's unreserved characters. */
export function encodeV4 (text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

// S3 takes the path once encoded, and as it stands.
function canonicalPath (url: URL): string {
  return url.pathname.split('/').map((part) => encodeV4(decodeURIComponent(part))).join('/')
}

function canonicalQuery (url: URL): string {
  return [...url.searchParams].map(([name, value]) => `${encodeV4(name)}=${encodeV4(value)}`).sort().join('&')
}
