// An agent server that knows a few of OpenCode's routes and answers each at once, with an answer of usual size. It is started in a sandbox,
// in the agent's place: as `node serve --hostname H --port N`, so it imports nothing but Node. Beside the agent's routes:
// POST /bench/pace?events=N&everyMs=M sends N events to all streams; each says when it was sent, in microseconds of the machine's clock.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const DIRECTORY = '/workspace'
const SESSION = 'ses_bench'
const MESSAGES = 10
const MESSAGE_CHARS = 3_000
const BEAT_MS = 10_000 // as OpenCode's own

const words = 'The gateway reads what it lets through. '.repeat(Math.ceil(MESSAGE_CHARS / 40))
const session = Buffer.from(JSON.stringify({ id: SESSION, slug: 'bench', projectID: 'bench', directory: DIRECTORY, title: 'Bench', version: '1.18.33', time: { created: 1, updated: 1 } }))
const messages = Buffer.from(JSON.stringify(Array.from({ length: MESSAGES }, (_, at) => messageOf(at))))
const answer = Buffer.from(JSON.stringify(messageOf(MESSAGES)))
const streams = new Map<ServerResponse, (event: object) => string>()

const server = createServer((request, response) => {
  const [path = '', query] = (request.url ?? '').split('?')
  request.resume().once('end', () => { serve(`${request.method} ${path}`, query, { request, response }) })
})
server.keepAliveTimeout = 0
server.listen(Number(process.argv[process.argv.indexOf('--port') + 1]), '127.0.0.1')
setInterval(() => { tell({ id: 'evt_beat', type: 'server.heartbeat', properties: {} }) }, BEAT_MS)

function serve (route: string, query: string | undefined, { request, response }: { readonly request: IncomingMessage, readonly response: ServerResponse }): void {
  switch (route) {
    case 'GET /event': return open(response, (event) => JSON.stringify(event))
    case 'GET /global/event': return open(response, (event) => JSON.stringify({ directory: DIRECTORY, project: 'bench', payload: event }))
    case `GET /session/${SESSION}/message`: return send(response, messages)
    case `POST /session/${SESSION}/message`: return send(response, answer)
    case 'GET /permission': return send(response, Buffer.from('[]'))
    case 'GET /global/health': return send(response, Buffer.from('{"healthy":true,"version":"bench"}'))
    case 'POST /session': return send(response, session)
    case `GET /session/${SESSION}`: return send(response, session)
    case 'POST /bench/pace': return pace(response, new URLSearchParams(query))
    default: request.destroy() // a route that the bench does not know would measure nothing
  }
}

function send (response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

function open (response: ServerResponse, write: (event: object) => string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  streams.set(response, write)
  response.once('close', () => streams.delete(response))
  response.write(`data: ${write({ id: 'evt_first', type: 'server.connected', properties: {} })}\n\n`)
}

function tell (event: object): void {
  for (const [response, write] of streams) response.write(`data: ${write(event)}\n\n`)
}

function pace (response: ServerResponse, query: URLSearchParams): void {
  let left = Number(query.get('events'))
  const timer = setInterval(() => {
    const sent = Number(process.hrtime.bigint() / 1_000n)
    tell({ id: `evt_${left}`, type: 'message.part.updated', properties: { sessionID: SESSION, time: 1, part: { id: 'prt_bench', messageID: 'msg_bench', sessionID: SESSION, type: 'text', text: `${words.slice(0, 300)} sent:${sent} ` } } })
    left -= 1
    if (left > 0) return
    clearInterval(timer)
    send(response, Buffer.from('true'))
  }, Number(query.get('everyMs')))
}

function messageOf (at: number): object {
  const info = { id: `msg_${at}`, sessionID: SESSION, role: at % 2 === 0 ? 'user' : 'assistant', time: { created: at }, agent: 'build', model: { providerID: 'bench', modelID: 'bench' } }
  return { info, parts: [{ id: `prt_${at}`, messageID: info.id, sessionID: SESSION, type: 'text', text: words.slice(0, MESSAGE_CHARS) }] }
}
