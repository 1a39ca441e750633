import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from './until.ts'

/** As `openssl rand -base64 32` prints them. */
export const SECRET = Buffer.alloc(32, 'new').toString('base64')
export const OLD_SECRET = Buffer.alloc(32, 'old').toString('base64')

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: { readonly type: string, readonly timestamp: string, readonly data: Readonly<Record<string, unknown>> }
}

/** What the receiver answers: a status, with headers; or nothing at all (`null`). */
export type Answer = (received: Received, count: number) => { readonly status: number, readonly headers?: Readonly<Record<string, string>> } | null

export interface HookReceiver {
  readonly url: string
  /** In the order in which they came, also those that were refused. */
  readonly received: Received[]
  answer: Answer
  /** Waits until so many came. */
  came (count: number): Promise<void>
  types (): string[]
}

interface Teardown { teardown (cleanUp: () => unknown): void }

/** A receiver of webhooks on loopback. */
export async function startHookReceiver (t: Teardown): Promise<HookReceiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => { text += piece }).on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) as Received['body'] }
      received.push(one)
      reply(response, receiver.answer(one, received.length))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const receiver: HookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/weir?key=in-the-address`,
    received,
    answer: () => ({ status: 204 }),
    came: (count) => until(() => received.length >= count),
    types: () => received.map(({ body }) => body.type),
  }
  return receiver
}

function reply (response: ServerResponse, answer: ReturnType<Answer>): void {
  if (answer !== null) response.writeHead(answer.status, answer.headers ?? {}).end()
}

/** Whether one of the signatures is right, as a receiver that holds this secret checks it (Standard Webhooks 1.0). Independent of what signs. */
export function isSigned ({ headers, text }: Received, secret: string, nowMs = Date.now()): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > 300) return false
  const wanted = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update(`${id}.${timestamp}.${text}`).digest()
  return signatures.split(' ').some((signature) => {
    const [version, digest = ''] = signature.split(',')
    const given = Buffer.from(digest, 'base64')
    return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted)
  })
}
