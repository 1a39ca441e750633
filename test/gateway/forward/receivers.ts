import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { until } from '../../support/until.ts'

interface Teardown { teardown (cleanUp: () => unknown): void }

export interface Post { readonly path: string, readonly headers: IncomingHttpHeaders, readonly text: string }

/** What a receiver does with a post: answers it, breaks the connection (`kill`), or says nothing for ever (`hang`). */
export type PostAnswer = { readonly status: number, readonly body?: string, readonly headers?: Readonly<Record<string, string>> } | 'kill' | 'hang'

export interface HttpReceiver {
  readonly url: string
  /** What was answered with 2xx, and everything. */
  readonly taken: Post[]
  readonly posts: Post[]
  answer: (post: Post, count: number) => PostAnswer
  /** Waits until so many posts came. */
  came (count: number): Promise<void>
}

export async function startHttpReceiver (t: Teardown): Promise<HttpReceiver> {
  const server = createHttpServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => { text += piece }).on('end', () => {
      const post = { path: request.url ?? '', headers: request.headers, text }
      const answer = receiver.answer(post, receiver.posts.push(post))
      if (answer === 'hang') return
      if (answer === 'kill') {
        request.socket.destroy()
        return
      }
      if (answer.status < 300) receiver.taken.push(post)
      response.writeHead(answer.status, answer.headers ?? {}).end(answer.body ?? '')
    })
  })
  const port = await listening(t, server, () => server.closeAllConnections())
  const receiver: HttpReceiver = { url: `http://127.0.0.1:${port}/ingest`, taken: [], posts: [], answer: () => ({ status: 204 }), came: (count) => until(() => receiver.posts.length >= count) }
  return receiver
}

export interface SyslogReceiver {
  readonly url: string
  /** Messages of connections that were read to their end. */
  readonly messages: string[]
  /** What it does with the next connections: reads them, breaks them unread (`kill`), reads and never ends them (`hold`). */
  mode: 'read' | 'kill' | 'hold'
  connections: number
}

/** A syslog receiver, with TLS when it has a certificate. */
export async function startSyslogReceiver (t: Teardown, tls: { readonly key: string, readonly cert: string } | null = null): Promise<SyslogReceiver> {
  const open = new Set<Socket>()
  const accept = (socket: Socket): void => {
    receiver.connections += 1
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    if (receiver.mode === 'kill') {
      socket.resetAndDestroy()
      return
    }
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    if (receiver.mode === 'read') socket.on('end', () => { receiver.messages.push(...messagesIn(Buffer.concat(chunks))) })
  }
  const server = tls === null ? createTcpServer({ allowHalfOpen: false }, accept) : createTlsServer(tls, accept)
  server.on('connection', (socket: Socket) => { if (receiver.mode === 'hold') socket.allowHalfOpen = true })
  const port = await listening(t, server, () => { for (const socket of open) socket.destroy() })
  const receiver: SyslogReceiver = { url: `${tls === null ? 'tcp' : 'tls'}://127.0.0.1:${port}`, messages: [], mode: 'read', connections: 0 }
  return receiver
}

/** RFC 6587, 3.4.1: each message behind its length in octets. @throws Error when that is not what came */
function messagesIn (bytes: Buffer): readonly string[] {
  const messages: string[] = []
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(bytes.subarray(at, space).toString())
    if (!/^[1-9]\d*$/.test(bytes.subarray(at, space).toString()) || space + 1 + length > bytes.length) throw new Error('no octet-counted messages')
    messages.push(bytes.subarray(space + 1, space + 1 + length).toString())
    at = space + 1 + length
  }
  return messages
}

async function listening (t: Teardown, server: Server, cut: () => void): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    cut()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}
