import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Teardown { teardown (cleanUp: () => unknown): void }

export const S3_ENV = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } as const

export interface S3Server {
  readonly endpoint: string
  /** Objects by `/bucket/name`. */
  readonly objects: Map<string, Buffer>
  /** What it answers instead of taking an object; null to take it. */
  refuse: number | null
  /** Objects that it takes before it refuses. */
  takes: number
  /** Names of the objects that were put, in order. */
  readonly puts: string[]
  /** Requests whose signature, time or digest was not right. */
  bad: number
}

/** A store that takes and shows an object only when its request is signed with the key above and holds what was signed. Shares no code with what signs. */
export async function startS3Server (t: Teardown): Promise<S3Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks)
      const isGood = isSigned(request, body)
      if (!isGood) store.bad += 1
      const { status, object } = isGood ? answer(request, body) : { status: 403, object: undefined }
      const checksum = object === undefined || request.headers['x-amz-checksum-mode'] !== 'ENABLED' ? {} : { 'x-amz-checksum-sha256': createHash('sha256').update(object).digest('base64') }
      response.writeHead(status, { ...checksum, 'content-length': object?.length ?? 0 }).end(request.method === 'GET' ? object : undefined)
    })
  })
  function answer ({ method, url, headers }: IncomingMessage, body: Buffer): { readonly status: number, readonly object?: Buffer | undefined } {
    const name = decodeURIComponent(url ?? '')
    const object = store.objects.get(name)
    if (method !== 'PUT') return { status: object === undefined ? 404 : 200, object }
    if (store.refuse !== null && store.takes-- <= 0) return { status: store.refuse }
    const checksum = headers['x-amz-checksum-sha256']
    if (checksum !== undefined && checksum !== createHash('sha256').update(body).digest('base64')) return { status: 400 }
    store.objects.set(name, body)
    store.puts.push(name)
    return { status: 200 }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const store: S3Server = { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, objects: new Map(), refuse: null, takes: 0, puts: [], bad: 0 }
  return store
}

// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, step by step
function isSigned ({ method = '', url = '', headers }: IncomingMessage, body: Buffer): boolean {
  const [, credential = '', names = '', signature = ''] = /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '') ?? []
  const [id, date = '', region = '', service = '', end = ''] = credential.split('/')
  const time = String(headers['x-amz-date'])
  const sha256 = createHash('sha256').update(body).digest('hex')
  if (id !== S3_ENV.AWS_ACCESS_KEY_ID || service !== 's3' || !time.startsWith(date) || headers['x-amz-content-sha256'] !== sha256) return false
  const [path = '', query = ''] = url.split('?')
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}\n`)
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.split(';').includes(name))) return false
  const canonical = `${method}\n${path}\n${query}\n${lines.join('')}\n${names}\n${sha256}`
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${date}/${region}/s3/${end}\n${createHash('sha256').update(canonical).digest('hex')}`
  let key: Buffer = Buffer.from(`AWS4${S3_ENV.AWS_SECRET_ACCESS_KEY}`)
  for (const part of [date, region, 's3', 'aws4_request']) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(toSign).digest('hex') === signature
}
