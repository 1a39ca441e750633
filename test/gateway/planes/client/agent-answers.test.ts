import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { EventEmitter, once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ALICE, governed, type Governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'

interface Stage { readonly base: string, readonly gate: Governed }

/** The client plane in front of an agent that answers as the test says, over a real Unix socket. */
async function stage (t: Test, answer: ((request: IncomingMessage, response: ServerResponse) => void) | null): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-cp-'))
  const socketPath = join(folder, 'agent.sock')
  const agent = createServer((request, response) => {
    if (request.method === 'GET' && request.url?.startsWith('/session/ses_1?') === true) return response.end('{"id":"ses_1","directory":"/workspace"}')
    return answer?.(request, response)
  })
  if (answer !== null) await new Promise<void>((resolve) => agent.listen(socketPath, resolve))
  const session = sessionOf({ socketPath, authorization: 'Basic agents-password', directory: '/workspace' })
  const gate = governed(() => 'allow')
  const authenticator = { authenticate: () => ({ actor: ALICE.actor, app: 'shop', environment: 'DEV' as const, tokenId: 'j', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true }
  // Registered first: teardowns run backwards, and the plane closes before its agent.
  t.teardown(() => {
    agent.closeAllConnections()
    agent.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { base } = await openClientGateway(t, { session, gate, authenticator, bodyBytes: 1_024 })
  return { base, gate }
}

await t.test('the agent gets its own password and folder, and nothing of the client but what is known', async (t) => {
  let seen: IncomingMessage | null = null
  const { base } = await stage(t, (request, response) => {
    seen = request
    response.setHeader('content-type', 'application/json').setHeader('set-cookie', 'a=b').setHeader('x-next-cursor', '7').end('[]')
  })
  const response = await fetch(`${base}/session?directory=/etc&limit=3&auth_token=x&workspace=wrk_1&evil=1`, {
    headers: { authorization: 'Basic clients-token', cookie: 'c=d', 'x-opencode-workspace': 'wrk_1', 'x-forwarded-for': '1.2.3.4' },
  })
  t.equal(response.headers.get('set-cookie'), null)
  t.equal(response.headers.get('x-next-cursor'), '7')
  t.equal(response.headers.get('x-content-type-options'), 'nosniff')
  t.match(seen, { url: '/session?limit=3&directory=%2Fworkspace&location%5Bdirectory%5D=%2Fworkspace' })
  t.match(seen, { headers: { authorization: 'Basic agents-password', 'x-opencode-directory': '%2Fworkspace', 'accept-encoding': 'identity' } })
  t.notMatch(JSON.stringify((seen as unknown as IncomingMessage).headers), /clients-token|wrk_1|c=d|1\.2\.3\.4/)
})

await t.test('an agent that is gone is a 502, and the decision is closed as unknown', async (t) => {
  const { base, gate } = await stage(t, null)
  const response = await fetch(`${base}/session`)
  t.equal(response.status, 502)
  t.match(await response.json(), { error: { code: 'WEIR_ERR_UPSTREAM' } })
  t.match(gate.settled, [{ status: 'unknown' }])
})

await t.test('a web page of the agent never reaches a client, and a strange type arrives as bytes', async (t) => {
  const { base } = await stage(t, (request, response) => {
    response.setHeader('content-type', request.url?.startsWith('/agent') === true ? 'text/html; charset=utf-8' : 'image/svg+xml').end('<svg onload=1>')
  })
  t.equal((await fetch(`${base}/agent`)).status, 502)
  const image = await fetch(`${base}/skill`)
  t.equal(image.headers.get('content-type'), 'application/octet-stream')
  t.equal(image.headers.get('content-security-policy'), "sandbox; default-src 'none'")
})

await t.test('an answer that should be redacted but cannot be read is not passed on', async (t) => {
  const { base } = await stage(t, (_request, response) => { response.setHeader('content-type', 'application/json').end('{"apiKey": "sk-1"') })
  const response = await fetch(`${base}/config`)
  t.equal(response.status, 502)
  t.notMatch(await response.text(), /sk-1/)
})

await t.test('an error leaves without addresses and keys, whatever its form, on routes of every kind', async (t) => {
  const { base } = await stage(t, (request, response) => {
    const words = 'connect ECONNREFUSED http://127.0.0.1:4097/v1 and http://10.0.0.7:80/x, [::1]:4097, ::1:4097, 10.0.0.7:80, /weir/gate/model.sock'
    if (request.url?.startsWith('/path') === true) return response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ name: 'Unknown', data: { message: words, apiKey: 'sk-1' } }))
    return response.writeHead(503, { 'content-type': 'text/plain', 'content-length': words.length }).end(words)
  })
  for (const [path, status] of [['/path', 500], ['/agent', 503]] as const) {
    const answer = await fetch(base + path)
    const text = await answer.text()
    t.equal(answer.status, status)
    t.match(text, 'connect ECONNREFUSED http://', path)
    t.notMatch(text, /127\.0\.0\.1|10\.0\.0\.7|4097|::1|\.sock|sk-1/, path)
    t.doesNotThrow(() => JSON.parse(text), path)
  }
})

await t.test('configuration, providers and models leave without keys and without where they are inside', async (t) => {
  const { base } = await stage(t, (_request, response) => {
    const provider = { key: 'sk-1', env: ['A_KEY'], options: { apiKey: 'sk-2', baseURL: 'http://127.0.0.1:4097/v1', headers: { 'x-team': 'sk-3' }, proxy: '127.0.0.1:4097', socket: '/weir/gate/model.sock' }, models: { m: { name: 'Model 10.0.0.1' } } }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ providers: [provider], mcp: { a: { headers: { authorization: 'sk-4' }, environment: { A: 'sk-5' } } } }))
  })
  for (const path of ['/config', '/global/config', '/provider', '/config/providers', '/api/provider', '/api/provider/p', '/api/model', '/api/integration', '/api/integration/x']) {
    const text = await (await fetch(base + path)).text()
    t.notMatch(text, /sk-\d|4097|127\.0\.0\.1|\.sock/, path)
    t.match(text, /"env":\["A_KEY"\].*"baseURL":"http:\/\/redacted\.invalid\/v1".*"name":"Model 10\.0\.0\.1"/, path)
  }
})

await t.test('what people and models wrote is passed on as it is', async (t) => {
  const words = 'see 127.0.0.1:4096 and http://localhost:3000 and /run/x.sock'
  const { base } = await stage(t, (_request, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify([{ parts: [{ text: words }] }])) })
  t.match(await (await fetch(`${base}/session/ses_1/message`)).text(), words)
})

await t.test('events arrive as they are sent, and the agent is told when the client leaves', async (t) => {
  let leftNow = (): void => {}
  const left = new Promise<void>((resolve) => { leftNow = resolve })
  const { base } = await stage(t, (_request, response) => {
    response.once('close', leftNow)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"type":"permission.asked"}\n\ndata: {"type":"server.connected"}\n\n')
  })
  const leave = new AbortController()
  const response = await fetch(`${base}/event`, { signal: leave.signal })
  if (response.body === null) throw new Error('no stream')
  const { value } = await response.body.getReader().read()
  t.equal(new TextDecoder().decode(value), 'data: {"type":"server.connected"}\n\n')
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  leave.abort()
  await left
})

await t.test('a body over the limit is refused before its end, however its length is told, and its connection with it', async (t) => {
  const { base } = await stage(t, () => { t.fail('it reached the agent') })
  for (const length of [{ 'content-length': 4_096 }, { 'transfer-encoding': 'chunked' }]) {
    const request = httpRequest(`${base}/session`, { method: 'POST', headers: { 'content-type': 'application/json', ...length } })
    request.on('error', () => {}) // the gateway closes while this end would still send
    request.write(Buffer.alloc(2_048, ' '))
    const [response] = await once(request, 'response') as [IncomingMessage]
    t.match(response, { statusCode: 413, headers: { connection: 'close' } }, JSON.stringify(length))
    request.destroy()
  }
})

await t.test('a client that leaves during a turn does not abort it', async (t) => {
  const emitter = new EventEmitter()
  const asked = once(emitter, 'asked')
  const { base, gate } = await stage(t, (_request, response) => {
    emitter.emit('asked', response)
  })
  const leave = new AbortController()
  const turn = fetch(`${base}/session/ses_1/message`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"parts":[{"type":"text","text":"x"}]}', signal: leave.signal,
  })
  const [response] = await asked as [ServerResponse]
  leave.abort()
  await t.rejects(turn)
  t.equal(response.destroyed, false)
  response.setHeader('content-type', 'application/json').end('{}')
  await once(response, 'finish')
  t.equal(gate.inputs('route').length, 1)
})
