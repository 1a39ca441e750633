import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { MODEL_TOKEN, sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'
import { testFolder } from '../../../support/test-folder.ts'

const PASSWORD = 'the-agents-own-random-password'
const SHORT = JSON.stringify([{ template: `${MODEL_TOKEN} and ${PASSWORD}, ${MODEL_TOKEN}` }])
const socketPath = join(testFolder(t), 'agent.sock')
const opened: ServerResponse[] = []
let refusals = 0

const agent = createServer((request, response) => {
  if (request.url?.startsWith('/session/ses_1?') === true) return response.writeHead(500, { 'content-type': 'application/json' }).end('{}')
  if (request.url?.startsWith('/agent?') === true) return sayPiecewise(response)
  if (request.url?.startsWith('/command?') === true) return response.writeHead(200, { 'content-type': 'application/json', 'content-length': SHORT.length }).end(SHORT)
  if (request.url?.startsWith('/session?') === true) return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([{ id: 'ses_own', directory: '/workspace', title: MODEL_TOKEN }]))
  if (refusals > 0) {
    refusals -= 1
    return response.writeHead(503).end('{}')
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`data: {"type":"server.connected","properties":{"connection":${opened.push(response)}}}\n\n`)
})
agent.listen(socketPath)
await once(agent, 'listening')
t.teardown(() => {
  agent.closeAllConnections()
  agent.close()
})
const session = sessionOf({ socketPath, authorization: `Basic ${Buffer.from(`opencode:${PASSWORD}`).toString('base64')}`, directory: '/workspace' })
const authenticator = { authenticate: () => ({ actor: ALICE.actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true }
const { base } = await openClientGateway(t, { session, gate: governed(() => 'allow'), authenticator })

/** Reads a stream up to the text that is waited for. */
async function follow (path: string): Promise<{ until: (text: string) => Promise<string>, ends: () => Promise<boolean> }> {
  const response = await fetch(base + path)
  if (response.body === null) throw new Error('no stream')
  const reader = response.body.getReader()
  t.teardown(async () => { await reader.cancel() })
  let seen = ''
  return {
    async until (text) {
      while (!seen.includes(text)) {
        const { done, value } = await reader.read()
        if (done) throw new Error(`the stream ended after ${seen}`)
        seen += Buffer.from(value).toString()
      }
      return seen
    },
    async ends () {
      for (;;) if ((await reader.read()).done) return true
    },
  }
}

// The longest answer that is blanked in one piece is far shorter than this one; its secret is cut in the middle.
function sayPiecewise (response: ServerResponse): void {
  const text = JSON.stringify([{ prompt: `${'x'.repeat(300_000)}${MODEL_TOKEN} and ${PASSWORD}` }])
  const cut = text.indexOf(MODEL_TOKEN) + 5
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.write(text.slice(0, cut), () => response.end(text.slice(cut)))
}

await t.test('a stream that the agent drops goes on, cut off or ended, after refusals too', async (t) => {
  for (const path of ['/event', '/global/event']) {
    const from = opened.length
    const { until } = await follow(path)
    await until(`"connection":${from + 1}`)
    opened.at(-1)?.destroy()
    await until(`"connection":${from + 2}`)
    refusals = 2
    opened.at(-1)?.end('data: {"type":"last.words"}\n\n')
    t.match(await until(`"connection":${from + 3}`), /last\.words/)
    t.equal(opened.length, from + 3)
  }
})

await t.test('a stream ends with its session, and an agent that cannot say whose a session is shows nothing of it', async (t) => {
  const { until, ends } = await follow('/event')
  await until('server.connected')
  t.equal((await fetch(`${base}/api/session/ses_1/event`)).status, 502)
  session.end()
  opened.at(-1)?.end()
  t.ok(await ends())
})

await t.test('what the agent was given to prove itself with leaves in no answer and no event', async (t) => {
  const next = sessionOf({ socketPath, authorization: session.endpoint.authorization, directory: '/workspace' })
  const { base } = await openClientGateway(t, { session: next, gate: governed(() => 'allow'), authenticator })
  const answer = await (await fetch(`${base}/agent`)).text()
  t.equal(answer.length, JSON.stringify([{ prompt: `${'x'.repeat(300_000)}${MODEL_TOKEN} and ${PASSWORD}` }]).length)
  t.equal(answer.replace(/x+/, 'x'), JSON.stringify([{ prompt: `x${'*'.repeat(MODEL_TOKEN.length)} and ${'*'.repeat(PASSWORD.length)}` }]))
  const short = await (await fetch(`${base}/command`)).text()
  t.equal(short, SHORT.replaceAll(MODEL_TOKEN, '*'.repeat(MODEL_TOKEN.length)).replace(PASSWORD, '*'.repeat(PASSWORD.length)))
  t.match(await (await fetch(`${base}/session`)).json(), [{ id: 'ses_own', title: '*'.repeat(MODEL_TOKEN.length) }])
  const response = await fetch(`${base}/event`)
  const reader = response.body?.getReader()
  t.teardown(async () => { await reader?.cancel() })
  await reader?.read()
  opened.at(-1)?.write(`data: {"type":"a","properties":{"output":"${MODEL_TOKEN} ${session.endpoint.authorization}"}}\n\n`)
  t.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /"output":"\*+ Basic \*+"/)
})
