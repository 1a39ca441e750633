import { chmod } from 'node:fs/promises'
import { createServer, request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'

const PREFIX = '/weir/model/'
// What an agent proves itself with is worth nothing here, and of its other headers only those that say what it sends.
const PASSED = ['content-type', 'content-length', 'accept', 'x-session-id', 'x-parent-session-id', 'user-agent', 'x-goog-api-client', 'x-server-timeout'] as const
const PASSED_FLAGS = /^(?:anthropic|openai)-/ // of these the gateway chooses again
const MAX_CHARS = 8_192

/**
 * The gateway's model plane on a Unix socket of mode 0600, in the name of the token's actor: what is on the other side asks models and nothing
 * else of the gateway, and never sees the token.
 */
export async function openModelDoor (socketPath: string, url: string, token: string): Promise<{ close (): Promise<void> }> {
  const server = createServer((asked, answer) => { pass(asked, answer, url, token) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  await chmod(socketPath, 0o600)
  return {
    async close () {
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
}

function pass (asked: IncomingMessage, answer: ServerResponse, url: string, token: string): void {
  const target = targetOf(asked.url ?? '', url)
  if (target === null) return refuse(answer, 404, 'Only models are reached here.')
  const headers: OutgoingHttpHeaders = { authorization: `Bearer ${token}` }
  for (const name of [...PASSED, ...Object.keys(asked.headers).filter((name) => PASSED_FLAGS.test(name))]) {
    const value: string | string[] | undefined = asked.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  const send = target.protocol === 'https:' ? requestHttps : requestHttp
  const upstream = send(target, { method: asked.method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers)
    response.pipe(answer)
    response.on('error', () => { answer.destroy() })
  })
  upstream.on('error', () => {
    if (answer.headersSent) answer.destroy()
    else refuse(answer, 403, 'The gateway is away.') // agents try again for any 5xx, for minutes
  })
  answer.on('close', () => { upstream.destroy() })
  asked.pipe(upstream)
}

function targetOf (path: string, url: string): URL | null {
  // Dots would be resolved by whoever reads the address next: what is asked for must be what it says.
  if (path.length > MAX_CHARS || !path.startsWith(PREFIX) || /\.\.|%2e|\\/i.test(path)) return null
  return URL.canParse(path, url) ? new URL(path, url) : null
}

function refuse (answer: ServerResponse, status: number, message: string): void {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }))
}
