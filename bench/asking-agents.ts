// The agents of the ask bench, in a process of their own: DIR and COUNT make DIR/0.sock, DIR/1.sock …, each an agent's server as the ask
// plane sees it. POST /bench/turns?asks=N to the first one has each agent run a turn at once: text that streams, and now and then a
// permission ask. It answers with the time of each ask from its event to its answer, ms. Prints a line when it listens.
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { askedArguments, askedCall } from './asked-calls.ts'

const TEXT_EVERY_MS = 50
const ASK_EVERY_MS = 250

const [dir = '', count = ''] = process.argv.slice(2)
const agents = Array.from({ length: Number(count) }, (_, at) => createAgent(`ses_bench${at}`))
for (const [at, { server }] of agents.entries()) {
  server.listen(join(dir, `${at}.sock`))
  await once(server, 'listening')
}
process.stdout.write('ready\n')

interface AskingAgent { readonly server: Server, turn (asks: number): Promise<readonly number[]> }

function createAgent (sessionID: string): AskingAgent {
  let events: ServerResponse | null = null
  const answered = new Map<string, () => void>()
  const send = (type: string, properties: object): void => {
    events?.write(`data: ${JSON.stringify({ directory: '/workspace', project: 'p', payload: { id: `evt_${type}`, type, properties } })}\n\n`)
  }
  const server = createServer((request, response) => {
    const [path = '', query] = (request.url ?? '').split('?')
    request.resume()
    if (path === '/global/event') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      events = response
      return send('server.connected', {})
    }
    if (path === '/bench/turns') {
      turns(response, Number(new URLSearchParams(query).get('asks'))).catch(() => response.destroy())
      return
    }
    if (request.method === 'POST') answered.get(path.split('/')[2] ?? '')?.()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(path === '/permission' ? '[]' : 'true')
  })

  async function ask (serial: number): Promise<number> {
    const { messageID, callID, id } = askedCall(serial)
    send('message.part.updated', { sessionID, time: 1, part: { id: `prt_${serial}`, messageID, sessionID, type: 'tool', tool: 'bash', callID, state: { status: 'running', input: askedArguments(serial), time: { start: 1 } } } })
    const reply = new Promise<void>((resolve) => answered.set(id, resolve))
    const from = performance.now()
    send('permission.asked', { id, sessionID, permission: 'bash', patterns: [], metadata: {}, always: [], tool: { messageID, callID } })
    await reply
    answered.delete(id)
    return performance.now() - from
  }

  return {
    server,
    async turn (asks) {
      const text = setInterval(() => send('message.part.updated', { sessionID, time: 1, part: { id: 'prt_text', messageID: 'msg_text', sessionID, type: 'text', text: 'The gateway answers what the agent asks. '.repeat(8) } }), TEXT_EVERY_MS)
      const times: number[] = []
      for (let serial = 0; serial < asks; serial += 1) {
        await delay(ASK_EVERY_MS * (0.5 + Math.random())) // or all agents would ask in the same moment for ever
        times.push(await ask(serial))
      }
      clearInterval(text)
      return times
    },
  }
}

async function turns (response: ServerResponse, asks: number): Promise<void> {
  const times = await Promise.all(agents.map((agent) => agent.turn(asks)))
  response.end(JSON.stringify(times.flat()))
}
