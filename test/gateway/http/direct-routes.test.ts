import { once } from 'node:events'
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { buildApp } from '../../../gateway/http/app.ts'
import { createHostCheck } from '../../../gateway/http/own-pages.ts'
import { callerOf } from '../../../gateway/http/plugins/caller.ts'
import { drainAtClose } from '../../../gateway/http/plugins/drain.ts'
import type { Caller } from '../../../gateway/identity/caller.ts'

const ANNA: Caller = { actor: { id: 'anna', role: 'author', groups: [], org: 'acme' }, app: null, environment: null, tokenId: 'tok_1', issuedAtMs: 0, expiresAtMs: Infinity }

interface Stage {
  readonly port: number
  readonly metered: Array<readonly [plane: string, status: number]>
  /** Whose requests the connections are said to carry. */
  readonly carried: string[]
  /** Resolves when `/direct/slow` was asked; the function answers it. */
  readonly slow: Promise<() => void>
  close (): Promise<void>
}

/** The same two routes twice: served directly below `/direct/`, and by the framework below `/framework/`. */
async function openStage (t: Test): Promise<Stage> {
  const metered: Array<readonly [string, number]> = []
  const carried: string[] = []
  let onSlow: (answer: () => void) => void = () => {}
  const slow = new Promise<() => void>((resolve) => { onSlow = resolve })
  const app = await buildApp({
    log: pino({ level: 'silent' }),
    assertKnownHost: createHostCheck(['weir']),
    authenticator: {
      authenticate (authorization) {
        if (authorization === undefined) throw new GatewayError('WEIR_ERR_AUTH_MISSING')
        if (authorization === 'Bearer later') return Promise.resolve(ANNA)
        if (authorization === 'Bearer away') return Promise.reject(new GatewayError('WEIR_ERR_UPSTREAM'))
        if (authorization !== 'Bearer good' && authorization !== 'Basic good') throw new GatewayError('WEIR_ERR_AUTH_INVALID')
        return ANNA
      },
      isStillValid: () => true,
    },
    meter: (plane, status) => { metered.push([plane, status]) },
    connections: { serve: (_response, { actor }) => { carried.push(actor.id) } },
    direct: [{ plane: 'client', credential: () => undefined, find: () => null }, {
      plane: 'model',
      credential (headers) {
        if (headers['x-two'] !== undefined) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
        return headers.authorization
      },
      find: ({ url }) => url?.startsWith('/direct/') === true
        ? async (_request, response, { caller, id }) => {
          if (url === '/direct/slow') return onSlow(() => response.end('done'))
          if (url === '/direct/bug') throw new Error('a secret detail')
          response.end(JSON.stringify([caller.actor.id, id]))
        }
        : null,
    }],
    plugins: [
      async (scope) => {
        scope.get('/framework/who', (request) => [callerOf(request).actor.id, request.id])
        scope.get('/framework/bug', () => { throw new Error('a secret detail') })
        scope.get('/framework/kept', (request, reply) => {
          reply.header('cache-control', 'max-age=60')
          if (request.url.endsWith('?bug')) throw new Error('a secret detail')
          return []
        })
      },
      (scope) => drainAtClose(scope, 600_000),
    ],
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return { port: (app.server.address() as AddressInfo).port, metered, carried, slow, close: () => app.close() }
}

async function ask (port: number, path: string, headers: OutgoingHttpHeaders = { authorization: 'Bearer good' }) {
  const request = httpRequest({ port, host: '127.0.0.1', path, headers })
  request.end()
  const [response] = await once(request, 'response')
  const { 'x-weir-request-id': id, 'www-authenticate': challenge, 'cache-control': kept } = response.headers
  return { status: response.statusCode, id, challenge, kept, body: JSON.parse(await text(response)) }
}

await t.test('direct routes get the caller and the id of the request, which stands in the answer, and are metered', async (t) => {
  const { port, metered, carried } = await openStage(t)
  for (const authorization of ['Bearer good', 'Bearer later']) {
    const { status, id, body } = await ask(port, '/direct/who', { authorization })
    t.equal(status, 200)
    t.match(id, /^req_[A-Za-z0-9_-]{20}$/)
    t.same(body, ['anna', id])
  }
  t.same(metered, [['model', 200], ['model', 200]])
  t.same(carried, ['anna', 'anna'], 'so that a revocation finds them')
})

await t.test('direct routes refuse what the framework\'s routes refuse, in the same words', async (t) => {
  const { port, metered } = await openStage(t)
  const refused: ReadonlyArray<readonly [number, OutgoingHttpHeaders]> = [
    [401, {}],
    [401, { authorization: 'Bearer bad' }],
    [502, { authorization: 'Bearer away' }],
    [421, { authorization: 'Basic good', host: 'evil.test' }],
    [403, { authorization: 'Basic good', origin: 'http://evil.test' }],
    [403, { authorization: 'Basic good', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
  ]
  for (const [status, headers] of refused) {
    const { id, ...direct } = await ask(port, '/direct/who', headers)
    const { id: other, ...framework } = await ask(port, '/framework/who', headers)
    t.same(direct, framework)
    t.equal(direct.status, status)
    t.ok(id !== other && id !== undefined)
  }
  t.same((await ask(port, '/direct/bug')).body, (await ask(port, '/framework/bug')).body)
  t.equal((await ask(port, '/direct/who', { authorization: 'Bearer good', 'x-two': '1' })).status, 401)
  t.equal(metered.length, 2 * refused.length + 3)
})

await t.test('no answer may be kept, and no error, but what says so itself', async (t) => {
  const { port } = await openStage(t)
  for (const path of ['/direct/who', '/direct/bug', '/framework/who', '/framework/bug', '/framework/kept?bug', '/nothing']) {
    t.equal((await ask(port, path)).kept, 'no-store', path)
    t.equal((await ask(port, path, {})).kept, 'no-store', `${path} without a token`)
  }
  t.equal((await ask(port, '/framework/kept')).kept, 'max-age=60')
})

await t.test('a path that is only read as theirs is the framework\'s', async (t) => {
  const { port } = await openStage(t)
  for (const path of ['/direct', '/DIRECT/who', '//direct/who', '/%64irect/who', '/./direct/who', `http://127.0.0.1:${port}/direct/who`]) {
    t.match((await ask(port, path)).body, { error: { code: 'WEIR_ERR_ROUTE_UNKNOWN' } }, path)
  }
})

await t.test('a direct request that runs is answered before the application closes, and a new one is sent away', async (t) => {
  const { port, slow, close } = await openStage(t)
  const head = 'GET /direct/slow HTTP/1.1\r\nHost: weir\r\nAuthorization: Bearer good\r\n\r\n'
  const [running, late] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  const answers = [text(running), text(late)]
  late.write('GET /direct/wh') // begun, so that it is not closed as idle
  await once(late, 'connect')
  running.write(head)
  const answer = await slow
  const closing = close()
  late.write('o HTTP/1.1\r\nHost: weir\r\nAuthorization: Bearer good\r\n\r\n')
  t.match(await answers[1], /^HTTP\/1\.1 503 /)
  answer()
  await closing
  t.match(await answers[0], /^HTTP\/1\.1 200 [^]*done/)
})
