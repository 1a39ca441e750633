import { createHash } from 'node:crypto'
import { Agent, request } from 'undici'
import { StoreError, tooLong, type ObjectStore } from './object-store.ts'
import { encodeV4, signV4, type Credentials } from './sign-v4.ts'

const MAX_ANSWER_BYTES = 65_536
const CHECKSUM = 'x-amz-checksum-sha256'

export interface S3Options {
  /** Address of the service, without bucket. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Put before each name; empty, or with a slash at its end. */
  readonly prefix: string
  readonly credentials: Credentials
  readonly timeoutMs: number
  readonly nowMs: () => number
}

type Answer = Awaited<ReturnType<typeof request>>

/** A bucket of an S3-compatible service, addressed by path, as all of them understand it. */
export function openS3 ({ endpoint, region, bucket, prefix, credentials, timeoutMs, nowMs }: S3Options): ObjectStore {
  const agent = new Agent({ connections: 2, connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })

  /** What `read` makes of the answer to a signed request for an object. */
  async function ask<T> (method: 'GET' | 'HEAD' | 'PUT', name: string, { headers = {}, body = Buffer.alloc(0) }: { readonly headers?: Readonly<Record<string, string>>, readonly body?: Buffer }, read: (answer: Answer) => Promise<T>): Promise<T> {
    const url = new URL(`${endpoint.replace(/\/+$/, '')}/${[bucket, ...`${prefix}${name}`.split('/')].map(encodeV4).join('/')}`)
    const signed = signV4({ method, url, headers, bodySha256: sha256(body).toString('hex') }, credentials, region, nowMs())
    try {
      return await read(await request(url, { dispatcher: agent, method, headers: { ...headers, ...signed }, body: method === 'PUT' ? body : null }))
    } catch (cause) {
      if (cause instanceof StoreError) throw cause
      // The cause names the address, and an address can hold a bucket that is nobody's business.
      throw new StoreError('the store could not be reached, or did not answer in time')
    }
  }

  return {
    // With the checksum a store that knows of it says later what it holds, and refuses what came otherwise.
    put: (name, body, type) => ask('PUT', name, { headers: { 'content-type': type, [CHECKSUM]: sha256(body).toString('base64') }, body }, async (answer) => {
      await passOver(answer)
      if (answer.statusCode < 200 || answer.statusCode >= 300) throw answered(answer)
    }),
    get: (name, maxBytes) => ask('GET', name, {}, async (answer) => {
      if (answer.statusCode === 200) return await bodyOf(answer, name, maxBytes)
      await passOver(answer)
      if (answer.statusCode === 404) return null
      throw answered(answer)
    }),
    holds: (name, body) => ask('HEAD', name, { headers: { 'x-amz-checksum-mode': 'ENABLED' } }, async (answer) => {
      await passOver(answer)
      return answer.statusCode === 200 && answer.headers['content-length'] === String(body.length) && answer.headers[CHECKSUM] === sha256(body).toString('base64')
    }),
    close: async () => await agent.destroy(),
  }
}

function answered ({ statusCode }: Answer): StoreError {
  return new StoreError(`the store answered ${statusCode}`)
}

async function bodyOf ({ body }: Answer, name: string, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(piece as Buffer)
    bytes += (piece as Buffer).length
    if (bytes > maxBytes) throw tooLong(name, maxBytes)
  }
  return Buffer.concat(pieces)
}

// Its status is what counts.
async function passOver ({ body }: Answer): Promise<void> {
  await body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined)
}

function sha256 (bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
