import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Authenticator } from '../../../../gateway/identity/caller.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'
import { startRecordingAgent } from './recording-agent.ts'
import { openRefusals } from './refusals.ts'

const agent = await startRecordingAgent(t)
const gate = governed(() => 'allow')
const credentials: unknown[] = []
const caller = { actor: ALICE.actor, app: 'shop', environment: 'DEV' as const, tokenId: 'j', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }
const authenticator: Authenticator = { authenticate (credential) { credentials.push(credential); return caller }, isStillValid: () => true }
const session = sessionOf({ socketPath: agent.socketPath, authorization: 'Basic agents-password', directory: '/workspace' })
const { refused, recorded } = openRefusals()
const { port } = await openClientGateway(t, { session, gate, authenticator, refused })

await fetch(`http://127.0.0.1:${port}/session/ses_1`) // whose session this is, is asked once

/** What the agent gets for a session's list, to the byte; whatever the client sent. */
const PINNED = 'directory=%2Fworkspace&location%5Bdirectory%5D=%2Fworkspace'

// The gateway answers it by itself, with a status that no other request here gets: what comes before it was understood as whole requests.
const LAST = Buffer.from('POST /permission/per_1/reply HTTP/1.1\r\nHost: weir\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
const LAST_STATUS = 409

/** `decisions` and `counted` (refusals that nothing was decided for) are what the ledger has of it. */
interface Answered { readonly statuses: readonly number[], readonly lines: readonly string[], readonly decisions: number, readonly counted: number }

/** Sends these bytes and a last request over one connection, and reads to the end. The answer to the last request is left out. */
async function send (bytes: string | Buffer): Promise<Answered> {
  const [seen, decided] = [agent.arrived.length, gate.entries.length]
  const socket = connect(port, '127.0.0.1')
  const answer = text(socket)
  socket.write(Buffer.concat([Buffer.from(bytes), LAST]))
  const statuses = [...(await answer.catch(() => '')).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  const isWhole = statuses.at(-1) === LAST_STATUS
  return {
    statuses: isWhole ? statuses.slice(0, -1) : statuses,
    lines: agent.arrived.slice(seen).map(({ line }) => line),
    decisions: gate.entries.length - decided - (isWhole ? 1 : 0),
    counted: Object.values(recorded()).reduce((sum, times) => sum + times, 0),
  }
}

const WHOLE = '{"parts":[{"type":"text","text":"a"}]}'

function get (target: string, more = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: weir\r\n${more}\r\n`
}

function post (target: string, body: string | Buffer, more = 'Content-Type: application/json\r\n'): Buffer {
  const head = `POST ${target} HTTP/1.1\r\nHost: weir\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body)])
}

await t.test('another spelling of a route reaches no handler of the agent', async (t) => {
  const targets = [
    '//session', '/session/', '/session//', '/session;a=b', '/session;', '/Session', '/SESSION', '/%73ession', '/session%2f', '/session%00', '/session%20', '/sess%69on/status',
    '/./session', '/x/../session', '/session/.', '/session/..', '/%2e/session', '/%2e%2e/session', '\\session', '/session\\', '/session\\status',
    `http://127.0.0.1:${port}/session`, 'http://agent.invalid/session', 'https://x/session', '//weir/session', '*', '/session%3fdirectory=/etc', '/session%23', '/session#x', '/\u00b5ession',
    '/session/ses_1%2fmessage', '/session/ses_1/../../pty', '/session/SES_1', '/SESSION/ses_1/shell', '/api/../session', '/api//session', '/api/fs/read/%2e%2e/x', '/api/fs/read/a%2f..%2fb',
    '/api/fs/read/a%252fb', '/api/fs/read/..;/x', '/.well-known/../session', '/weir/../session', '/weir/%2e%2e/session', '/doc', '/', '/index.html', '/session.json', '/session,status',
  ]
  for (const target of targets) {
    const { statuses, lines, decisions, counted } = await send(get(target))
    t.strictSame(lines, [], target)
    t.ok(statuses.length <= 1 && statuses.every((status) => status === 404 || status === 400), `${target} ${statuses.join()}`)
    t.equal(decisions, 0, target)
    t.equal(counted, 1, `${target}: in the ledger`)
  }
})

await t.test('other methods than a route has reach nothing', async (t) => {
  for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'Get', 'QUERY', 'LINK', 'PURGE', 'PUT', 'DELETE', 'CONNECT', 'G\u0045T\u0000', 'GET /x']) {
    const { statuses, lines, decisions, counted } = await send(get('/session').replace('GET', method))
    t.strictSame(lines, [], method)
    t.equal(decisions + counted, 1, `${method}: in the ledger`)
    t.notOk(statuses.includes(200), method)
  }
  t.strictSame((await send(get('/session', 'X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\n'))).lines, [`GET /session?${PINNED}`])
})

await t.test('queries and headers that would steer the agent are not what reaches it', async (t) => {
  const steering = [
    '/session?directory=/etc', '/session?directory=/etc&directory=/tmp', '/session?Directory=/etc', '/session?location[directory]=/etc', '/session?location%5Bdirectory%5D=/etc',
    '/session?workspace=wrk_1', '/session?auth_token=x', '/session?ticket=x', '/session?%64irectory=/etc', '/session??directory=/etc', '/session?a=b;directory=/etc', '/session?directory%00=/etc',
  ]
  for (const target of steering) t.strictSame((await send(get(target))).lines, [`GET /session?${PINNED}`], target)
  t.strictSame((await send(get('/session?limit=1&limit=2'))).statuses, [400])
  t.strictSame((await send(get('/session?limit=%00'))).statuses, [400])
  t.strictSame((await send(get(`/session?limit=${'1'.repeat(4_097)}`))).statuses, [400])
  t.strictSame((await send(get(`/session?x=${'1'.repeat(8_191)}`))).statuses, [413])
  t.strictSame((await send(get('/session?limit=3%26directory%3D/etc%23'))).lines, [`GET /session?limit=3%26directory%3D%2Fetc%23&${PINNED}`])
  const { lines } = await send(get('/session', [
    'Authorization: Basic clients-token', 'x-opencode-directory: /etc', 'X-OpenCode-Directory: /tmp', 'x-opencode-workspace: wrk_1', 'x-opencode-ticket: 1', 'Cookie: a=b', 'Forwarded: for=evil',
    'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-User: root', 'X-Weir-Actor: mallory', 'X-Weir-Environment: DEV', 'X-Original-URL: /pty', 'X-Rewrite-URL: /pty', 'Range: bytes=0-1', 'If-None-Match: x',
    'Accept-Encoding: gzip', 'Expect: 100-continue', 'TE: trailers', 'Via: x', 'b3: 1-2-3', '',
  ].join('\r\n')))
  t.strictSame(lines, [`GET /session?${PINNED}`])
  const headers = agent.arrived.at(-1)?.headers ?? {}
  t.strictSame(Object.keys(headers).sort(), ['accept', 'accept-encoding', 'authorization', 'connection', 'host', 'x-opencode-directory'])
  t.match(headers, { authorization: 'Basic agents-password', 'x-opencode-directory': '%2Fworkspace', 'accept-encoding': 'identity' })
  t.match(gate.inputs('route').at(-1), { actor: { id: 'alice', role: 'author' }, environment: 'DEV' })
})

await t.test('a request that two servers could end at different bytes is refused', async (t) => {
  const message = '/session/ses_1/message'
  const smuggled = 'DELETE /session/ses_1 HTTP/1.1\r\nHost: weir\r\n\r\n'
  const doubtful = [
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}${smuggled}`,
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nContent-Length: 2, 40\r\n\r\n{}${smuggled}`,
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nContent-Length: +2\r\n\r\n{}${smuggled}`,
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;x=\ry\r\n{}\r\n0\r\n\r\n${smuggled}`,
    `GET /session HTTP/1.1\nHost: weir\n\n${smuggled}`,
    'GET /session HTTP/1.1\r\nHost: weir\r\n X-Folded: a\r\n\r\n',
    'GET /session HTTP/1.1\r\nHost: weir\r\nX-Odd\x00: a\r\n\r\n',
    'GET /session HTTP/1.1\r\n\r\n',
    `GET /session\r\n${smuggled}`,
    ...['0.9', '2.0', '1.2'].map((version) => `GET /session HTTP/${version}\r\nHost: weir\r\n\r\n`),
    ...['Host: evil', 'host: weir', 'Authorization: Bearer a\r\nauthorization: Bearer b'].map((more) => get('/session', `${more}\r\n`)),
    post(message, WHOLE, 'Content-Type: application/json\r\ncontent-type: text/plain\r\n'),
    `POST ${message} HTTP/1.0\r\nHost: weir\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n${smuggled}`,
    ...['gzip, chunked', ', chunked'].map((coding) => `POST ${message} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nTransfer-Encoding: ${coding}\r\n\r\n2\r\n{}\r\n0\r\n\r\n${smuggled}`),
    post(message, WHOLE, 'Content-Type: application/json\r\nTransfer-Encoding: \r\n'),
    get('/session', 'Transfer-Encoding: xchunked\r\n'),
  ]
  for (const bytes of doubtful) {
    const name = JSON.stringify(bytes.toString().slice(0, 160))
    const { statuses, lines, counted } = await send(bytes)
    t.equal(counted, 1, `in the ledger once: ${name}`)
    t.strictSame(lines, [], name)
    t.notOk(statuses.includes(200), `${statuses.join()} ${name}`)
  }
})

await t.test('no header is too far back to be heard', async (t) => {
  await send(get('/session', `${'a: b\r\n'.repeat(2_000)}Authorization: Bearer last\r\n`))
  t.ok(credentials.includes('Bearer last'))
})

await t.test('pipelined requests are each decided as their own, and a body is never the next request', async (t) => {
  const two = await send(`GET /session HTTP/1.1\r\nHost: weir\r\n\r\n${get('/session/status')}`)
  t.strictSame(two, { statuses: [200, 200], lines: [`GET /session?${PINNED}`, `GET /session/status?${PINNED}`], decisions: 2, counted: 0 })
  const closed = await send(`GET /session HTTP/1.1\r\nHost: weir\r\n\r\nPOST /vcs/apply HTTP/1.1\r\nHost: weir\r\nContent-Length: 0\r\n\r\n${get('/nothing')}`)
  t.strictSame(closed, { statuses: [200, 403, 404], lines: [`GET /session?${PINNED}`], decisions: 2, counted: 1 })
  for (const last of [get('/session', 'Connection: close\r\n'), 'GET /session HTTP/1.0\r\nHost: weir\r\n\r\n']) {
    t.strictSame(await send(`${last}DELETE /session/ses_1 HTTP/1.1\r\nHost: weir\r\n\r\n`), { statuses: [400], lines: [`GET /session?${PINNED}`], decisions: 1, counted: 1 }, 'nothing comes behind the last')
  }
  const inside = 'DELETE /session/ses_1 HTTP/1.1\r\nHost: weir\r\n\r\n'
  const carried = await send(post('/session/ses_1/prompt_async', JSON.stringify({ parts: [{ type: 'text', text: inside }] })))
  t.strictSame(carried.lines, [`POST /session/ses_1/prompt_async?${PINNED}`])
  // A route without a body takes none along, whatever its length says.
  t.strictSame((await send(post('/session/ses_1/abort', inside))).lines, [`POST /session/ses_1/abort?${PINNED}`])
  t.equal(agent.arrived.at(-1)?.body, '')
})

await t.test('a body is written anew from what was understood, or refused', async (t) => {
  const target = '/session/ses_1/prompt_async'
  const part = '{"type":"text","text":"a"}'
  const refused: Array<[string | Buffer, string?]> = [
    [`{"parts":[${part}],"parts":[]}`], [`{"parts":[${part}],"p\\u0061rts":[]}`], [`\uFEFF{"parts":[${part}]}`], [`{"parts":[${part}],}`], [`{"parts":[${part}]}x`], ["{'parts':[]}"], ['{"parts":[{"type":"text","text":"\\ud800"}]}'],
    [Buffer.from(`{"parts":[${part}]}`, 'utf16le')], [Buffer.from([0x7b, 0xff, 0x7d])], [`/**/{"parts":[${part}]}`], ['NaN'], ['{"parts":[{"type":"text","type":"file","text":"a","url":"file:///etc/passwd"}]}'],
    [`{"parts":[${part}]}`, 'application/json; charset=utf-16'], [`{"parts":[${part}]}`, 'application/json; charset=utf-7'], [`{"parts":[${part}]}`, 'application/json;charset=utf-8;charset=utf-16'],
    [`{"parts":[${part}]}`, 'text/json'], [`{"parts":[${part}]}`, 'application/x-www-form-urlencoded'], [`{"parts":[${part}]}`, 'multipart/form-data; boundary=x'], ['', 'application/json'],
  ]
  for (const [body, type = 'application/json'] of refused) {
    const { statuses, lines, decisions } = await send(post(target, body, `Content-Type: ${type}\r\n`))
    t.strictSame([lines, statuses, decisions], [[], [400], 1], `${type} ${JSON.stringify(body.toString())}`)
  }
  for (const coding of ['gzip', 'deflate', 'br', 'identity, gzip']) {
    const { statuses, lines, counted } = await send(post(target, `{"parts":[${part}]}`, `Content-Type: application/json\r\nContent-Encoding: ${coding}\r\n`))
    t.strictSame([lines, statuses, counted], [[], [400], 1], `${coding}: refused before it was unpacked`)
  }
  await send(post(target, '{ "tools":{"bash":true}, "__proto__":{"a":1}, "directory":"/etc",\n"parts" : [ { "\\u0074ype":"text", "text":"\\u0061", "extra":1 } ] }'))
  t.equal(agent.arrived.at(-1)?.body, `{"parts":[${part}]}`)
  const chunked = await send(`POST ${target} HTTP/1.1\r\nHost: weir\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n9;a=b\r\n{"parts":\r\n1\r\n[\r\n1c\r\n${part}]}\r\n0\r\nX-Opencode-Directory: /etc\r\n\r\n`)
  t.strictSame(chunked.lines, [`POST ${target}?${PINNED}`])
  t.match(agent.arrived.at(-1), { body: `{"parts":[${part}]}`, headers: { 'content-length': '38', 'transfer-encoding': undefined, 'x-opencode-directory': '%2Fworkspace' } })
})

await t.test('an upgrade changes no route into another', async (t) => {
  for (const upgrade of ['h2c', 'websocket', 'TLS/1.0', 'x']) {
    const { statuses, lines, counted } = await send(`GET /session HTTP/1.1\r\nHost: weir\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nUpgrade: ${upgrade}\r\n\r\n`)
    t.strictSame(lines, [], upgrade)
    t.strictSame([statuses, counted], [[404], 1], upgrade)
  }
  for (const twice of ['Host: evil', 'Authorization: Bearer a\r\nAuthorization: Bearer b']) {
    const { statuses, lines, counted } = await send(get('/pty/pty_1/connect', `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${twice}\r\n`))
    t.strictSame([statuses, lines, counted], [[400], [], 1], twice)
  }
  t.strictSame((await send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).lines, [])
})

await t.test('both generations of the API lead to the same decision', async (t) => {
  const decided = async (target: string): Promise<unknown> => {
    const seen = gate.inputs('tool-call').length
    await send(get(target))
    const [call, ...more] = gate.inputs('tool-call').slice(seen)
    t.strictSame(more, [], target)
    return { route: gate.inputs('route').at(-1)?.route?.class, tool: call?.tool?.name, permission: call?.permission, targets: call?.targets }
  }
  const pairs: Array<[string, string]> = [
    ['/file/content?path=src/a.ts', '/api/fs/read/src/a.ts'], ['/file/content?path=a%20b', '/api/fs/read/a%20b'], ['/file?path=src', '/api/fs/list?path=src'], ['/file', '/api/fs/list'],
    ['/find/file?query=cart', '/api/fs/find?query=cart'], ['/session', '/api/session'], ['/session/ses_1', '/api/session/ses_1'], ['/session/ses_1/message', '/api/session/ses_1/message'],
    ['/session/ses_1/message/msg_1', '/api/session/ses_1/message/msg_1'], ['/agent', '/api/agent'], ['/command', '/api/command'], ['/skill', '/api/skill'], ['/provider', '/api/provider'],
    ['/question', '/api/question/request'], ['/global/health', '/api/health'],
  ]
  for (const [first, second] of pairs) t.strictSame(await decided(second), await decided(first), second)
  // What the second engine may do of its own is closed in every role; see the table of routes.
  const writes = ['/api/session', '/api/session/ses_1/prompt', '/api/session/ses_1/revert/commit', '/api/session/ses_1/interrupt', '/api/pty', '/api/session/ses_1/question/que_1/reply']
  for (const target of writes) t.match(await send(post(target, '{}')), { statuses: [403], lines: [] }, target)
})

await t.test('reading a transcript judges nothing of a turn that runs; posting to the same path does', async (t) => {
  const before = session.collected
  t.same((await send(get('/session/ses_1/message'))).statuses, [200])
  t.equal(session.collected, before)
  t.same((await send(post('/session/ses_1/message', '{"parts":[{"type":"text","text":"go"}]}'))).statuses, [200])
  t.equal(session.collected, before + 1)
})
