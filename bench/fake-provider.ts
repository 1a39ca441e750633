import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A running fake provider. `baseUrl` ends before `/chat/completions`. */
export interface FakeProvider { readonly baseUrl: string, close (): Promise<void> }

const TEXT = 'Weir measures what it lets through.'

const WHOLE = Buffer.from(JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7_500, completion_tokens: 9, total_tokens: 7_509 },
}))

const STREAM = Buffer.from([
  ...TEXT.split(' ').map((word) => chunk({ content: `${word} ` }, null)),
  chunk({}, 'stop'),
  { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [], usage: { prompt_tokens: 7_500, completion_tokens: 9, total_tokens: 7_509 } },
].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n')

/**
 * The upstream of every proxy bench: answers each chat request at once with the same 260-odd bytes, or with the same
 * stream when the request accepts `text/event-stream`. It reads the request whole and looks at nothing in it.
 */
export async function startFakeProvider (port = 0): Promise<FakeProvider> {
  const server = createServer((request, response) => {
    const isStream = request.headers.accept === 'text/event-stream'
    request.resume()
    request.on('end', () => {
      const body = isStream ? STREAM : WHOLE
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json', 'content-length': body.length })
      response.end(body)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

function chunk (delta: unknown, finish: string | null): unknown {
  return { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [{ index: 0, delta, finish_reason: finish }] }
}

// As a process of its own it does not share a thread with what is measured.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const provider = await startFakeProvider(Number(process.argv[2] ?? 0))
  process.stdout.write(`${JSON.stringify({ baseUrl: provider.baseUrl })}\n`)
}
