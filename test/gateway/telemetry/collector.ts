import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Value { readonly stringValue?: string, readonly intValue?: number | string, readonly doubleValue?: number, readonly boolValue?: boolean }
interface Pair { readonly key: string, readonly value: Value }

export interface SeenSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly Pair[]
  readonly status: { readonly code?: number }
}

export interface Collector {
  readonly url: string
  /** Everything that was sent to it, as text. */
  readonly bodies: string[]
  readonly headers: Array<IncomingMessage['headers']>
  /** `hang`: takes the request and never answers. */
  mode: 'ok' | 'refuse' | 'hang'
  /** The spans with this request's id, once at least so many have come. */
  spansOf (request: string, count: number): Promise<readonly SeenSpan[]>
  /** Resolves when something more was sent. */
  more (): Promise<unknown>
  close (): void
}

/** An OTLP/HTTP collector on loopback. */
export async function startCollector (): Promise<Collector> {
  const bodies: string[] = []
  const headers: Array<IncomingMessage['headers']> = []
  const spans: SeenSpan[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      bodies.push(body)
      headers.push(request.headers)
      if (request.url === '/v1/traces') spans.push(...spansIn(body))
      if (collector.mode !== 'hang') response.writeHead(collector.mode === 'ok' ? 200 : 400, { 'content-type': 'application/json' }).end('{}')
      server.emit('sent')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    headers,
    mode: 'ok',
    async spansOf (id, count) {
      for (;;) {
        const found = spans.filter((span) => attribute(span, 'weir.request.id') === id)
        if (found.length >= count) return found
        await once(server, 'sent')
      }
    },
    more: () => once(server, 'sent'),
    close () {
      server.close()
      server.closeAllConnections()
    },
  }
  return collector
}

export function attribute (span: SeenSpan, name: string): string | number | boolean | undefined {
  const value = span.attributes.find(({ key }) => key === name)?.value
  return value?.stringValue ?? value?.boolValue ?? (value?.intValue === undefined ? value?.doubleValue : Number(value.intValue))
}

function spansIn (body: string): readonly SeenSpan[] {
  const { resourceSpans } = JSON.parse(body) as { resourceSpans: Array<{ scopeSpans: Array<{ spans: SeenSpan[] }> }> }
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
}
