import { createHash } from 'node:crypto'
import { Agent, request } from 'undici'
import { encodeV4, signV4, type Credentials } from './sign-v4.ts'

const MAX_ANSWER_BYTES = 65_536

/** Objects by name, put as a whole. */
export interface ObjectStore {
  /** Puts an object, or replaces it. @throws Error in words, without addresses and credentials */
  put (name: string, body: Buffer, type: string): Promise<void>
  close (): Promise<void>
}

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

/** A bucket of an S3-compatible service, addressed by path, as all of them understand it. */
export function openS3 ({ endpoint, region, bucket, prefix, credentials, timeoutMs, nowMs }: S3Options): ObjectStore {
  const agent = new Agent({ connections: 2, connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  return {
    async put (name, body, type) {
      const url = new URL(`${endpoint.replace(/\/+$/, '')}/${[bucket, ...`${prefix}${name}`.split('/')].map(encodeV4).join('/')}`)
      const bodySha256 = createHash('sha256').update(body).digest('hex')
      const headers = { 'content-type': type }
      const status = await send(url, {
        dispatcher: agent,
        method: 'PUT',
        headers: { ...headers, ...signV4({ method: 'PUT', url, headers, bodySha256 }, credentials, region, nowMs()) },
        body,
      })
      if (status < 200 || status >= 300) throw new Error(`the store answered ${status}`)
    },
    close: async () => await agent.destroy(),
  }
}

async function send (url: URL, options: Parameters<typeof request>[1]): Promise<number> {
  try {
    const answer = await request(url, options)
    await answer.body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined) // its status is what counts
    return answer.statusCode
  } catch {
    // The cause names the address, and an address can hold a bucket that is nobody's business.
    throw new Error('the store could not be reached, or did not answer in time')
  }
}
