import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { ledgerOf } from '../../support/ledger-of.ts'

// What Node's server, the framework or a plane refuses before there is anything to decide, at the doors of a whole gateway: each counts once.
const gateway = await openInProcessGateway(t, {
  settings: { limits: { bodyBytes: 1_048_576 }, providers: { p: { format: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', keyless: true, models: { m: {} } } } },
})
const { hostname, port } = new URL(gateway.url)
const OWN = '/weir/api/v1/decisions'
const AGENTS = '/session/ses_1/message'
const MODELS = '/weir/model/p/v1/chat/completions'
const host = 'Host: 127.0.0.1\r\n'
const token = `Authorization: Bearer ${gateway.tokenFor('author')}\r\nContent-Type: application/json\r\n`

async function statusOf (bytes: string): Promise<number> {
  const socket = connect(Number(port), hostname)
  const answer = text(socket).catch(() => '')
  socket.write(bytes)
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(await answer)?.[1])
}

interface Refused { readonly status: number, readonly code: string, readonly requests: readonly string[] }

const MALFORMED = 'WEIR_ERR_DECODE_MALFORMED'

const REFUSED: Readonly<Record<string, Refused>> = {
  'an expectation that the server does not know': {
    status: 417,
    code: MALFORMED,
    requests: ['/weir/health', OWN, AGENTS, '/nothing'].map((path) => `POST ${path} HTTP/1.1\r\n${host}${token}Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}`),
  },
  'a tunnel': { status: 405, code: MALFORMED, requests: [`CONNECT 10.0.0.1:80 HTTP/1.1\r\n${host}\r\n`, `CONNECT ${OWN} HTTP/1.1\r\n${host}${token}\r\n`] },
  'a request without a host': { status: 400, code: MALFORMED, requests: ['/weir/api/v1/opencode', '/weir/api/v1/usage'].map((path) => `GET ${path} HTTP/1.1\r\n${token}Connection: close\r\n\r\n`) },
  'a body whose end cannot be known, of a request that has begun': {
    status: 400,
    code: MALFORMED,
    requests: [OWN, AGENTS, MODELS].flatMap((path) => ['xchunked', 'chunked\r\nX-A: b\r\n\r\nzz\r\n'].map((coding) => `POST ${path} HTTP/1.1\r\n${host}${token}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`)),
  },
  'a body over the limit': {
    status: 413,
    code: 'WEIR_ERR_DECODE_TOO_LARGE',
    requests: ['Content-Length: 99999999\r\nConnection: close\r\n\r\n', `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n200000\r\n${' '.repeat(0x200000)}\r\n0\r\n\r\n`].flatMap((body) => [OWN, MODELS].map((path) => `POST ${path} HTTP/1.1\r\n${host}${token}${body}`)),
  },
  'what is no request of a model\'s format': { status: 400, code: MALFORMED, requests: ['{', '{"model":1}', '{"model":"m","model":"m","messages":[]}'].map((body) => `POST ${MODELS} HTTP/1.1\r\n${host}${token}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`) },
  'what is no route of a model': { status: 404, code: 'WEIR_ERR_ROUTE_UNKNOWN', requests: ['/weir/model/', '/weir/model/p/v1/nothing', '/weir/model/none/v1/chat/completions', '/weir/model/p/v1/%63hat/completions'].map((path) => `POST ${path} HTTP/1.1\r\n${host}${token}Connection: close\r\nContent-Length: 2\r\n\r\n{}`) },
  'an upgrade of a path of Weir\'s own': {
    status: 404,
    code: 'WEIR_ERR_ROUTE_UNKNOWN',
    requests: [OWN, '/weir/api/v1/audit/stream', '/weir/model/p/v1/responses', '/weir/console', '/weir/'].map((path) => `GET ${path} HTTP/1.1\r\n${host}${token}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`),
  },
}

const expected: Record<string, number> = {}

for (const [what, { status, code, requests }] of Object.entries(REFUSED)) {
  await t.test(`${what} is refused`, async (t) => {
    for (const request of requests) t.equal(await statusOf(request), status, request.slice(0, 120))
    expected[code] = (expected[code] ?? 0) + requests.length
  })
}

await t.test('bytes that are no request, behind one whose answer runs, end it without a word in it', async (t) => {
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    if (answer === '') socket.write('no request\r\n\r\n')
    answer += String(chunk)
  })
  socket.write(`GET /weir/api/v1/audit/stream HTTP/1.1\r\n${host}Authorization: Bearer ${gateway.tokenFor('auditor')}\r\n\r\n`)
  await once(socket, 'close')
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(answer.split('HTTP/1.1').length, 2, answer)
  expected[MALFORMED] = (expected[MALFORMED] ?? 0) + 1
})

await t.test('each of them is in the ledger once, with where it came from', async (t) => {
  await gateway.close()
  const counted = (await ledgerOf(gateway.dataDir)).flatMap((entry) => entry.kind === 'event' && entry.name === 'connections-refused' ? [entry.detail] : [])
  t.strictSame(Object.fromEntries(counted.map(({ code, refused }) => [code, refused])), expected)
  t.equal(counted.length, Object.keys(expected).length)
  t.ok(counted.every(({ source }) => source === hostname), 'from one address')
})
