// An upstream that streams as many events as a request's metadata says, at the pace it says. Prints its port. GET /closed tells which
// streams' connections it saw closed before their end, by the `user` of their request, and when (Unix milliseconds).
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const closed: Record<string, number> = {}

const server = createServer((request, response) => {
  if (request.url === '/closed') response.end(JSON.stringify(closed))
  else void serve(request, response)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.stdout.write(`${(server.address() as AddressInfo).port}\n`)

async function serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { user, metadata } = JSON.parse(Buffer.concat(chunks).toString()) as { user: string, metadata: { events: string, everyMs: string } }
  const events = Number(metadata.events)
  response.on('close', () => { if (!response.writableEnded) closed[user] = Date.now() })
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let sent = 0
  const timer = setInterval(next, Number(metadata.everyMs))
  response.on('close', () => clearInterval(timer))
  next()

  function next (): void {
    if (sent < events) {
      response.write(event({ delta: { content: `${sent} ` }, finish_reason: null }))
      sent += 1
      return
    }
    clearInterval(timer)
    response.write(event({ delta: {}, finish_reason: 'stop' }))
    response.write(`data: ${JSON.stringify({ id: 'bench', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [], usage: { prompt_tokens: 7_500, completion_tokens: events, total_tokens: 7_500 + events } })}\n\n`)
    response.end('data: [DONE]\n\n')
  }
}

function event (choice: object): string {
  return `data: ${JSON.stringify({ id: 'bench', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [{ index: 0, ...choice }] })}\n\n`
}
