import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest { readonly headers: IncomingMessage['headers'], readonly url: string, readonly body: string }

export interface FakeUpstream {
  readonly baseUrl: string
  readonly seen: SeenRequest[]
  answer: (response: ServerResponse, request: SeenRequest) => void
  close (): void
}

/** A model provider on a real socket that answers what the test says. */
export async function startFakeUpstream (): Promise<FakeUpstream> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const got = { headers: request.headers, url: request.url ?? '', body: Buffer.concat(chunks).toString() }
      seen.push(got)
      upstream.answer(response, got)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const upstream: FakeUpstream = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    seen,
    answer: (response) => response.end('{}'),
    close () {
      server.close()
      server.closeAllConnections()
    },
  }
  return upstream
}

export function streamHead (response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

export function event (value: unknown): string {
  return `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
}

export function textChunk (content: string, finish: string | null = null): unknown {
  return { id: 'c1', object: 'chat.completion.chunk', model: 'm1', choices: [{ index: 0, delta: { content }, finish_reason: finish }] }
}

export interface CallPiece { readonly index?: number, readonly id?: string, readonly name?: string, readonly args?: string }

export function callChunk (pieces: readonly CallPiece[], finish: string | null = null): unknown {
  const calls = pieces.map(({ index, id, name, args }) => ({
    ...(index === undefined ? {} : { index }),
    ...(id === undefined ? {} : { id, type: 'function' }),
    function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
  }))
  return { id: 'c1', object: 'chat.completion.chunk', model: 'm1', choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: finish }] }
}

export function finishChunk (finish: string, usage?: unknown): unknown {
  return { id: 'c1', object: 'chat.completion.chunk', model: 'm1', choices: [{ index: 0, delta: {}, finish_reason: finish }], ...(usage === undefined ? {} : { usage }) }
}
