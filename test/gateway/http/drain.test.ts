import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { FastifyReply } from 'fastify'
import { buildApp } from '../../../gateway/http/app.ts'
import { drainAtClose } from '../../../gateway/http/plugins/drain.ts'

// In an object: a reply is a thenable, and awaiting one waits for its answer.
interface Asked { readonly reply: FastifyReply }

interface Door { readonly port: number, readonly close: () => Promise<void>, readonly asked: Promise<Asked> }

/** An application with one route that is answered when the test says so. */
async function openDoor (t: Test, longestMs: number): Promise<Door> {
  let onAsked: (asked: Asked) => void = () => {}
  const asked = new Promise<Asked>((resolve) => { onAsked = resolve })
  const app = await buildApp({
    log: pino({ level: 'silent' }),
    assertKnownHost: () => {},
    authenticator: { authenticate: () => { throw new Error('nobody is asked') }, isStillValid: () => false },
    plugins: [
      async (scope) => { scope.get('/slow', { config: { open: true } }, (_request, reply) => { onAsked({ reply }) }) },
      (scope) => drainAtClose(scope, longestMs),
    ],
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close(), asked }
}

const REQUEST = 'GET /slow HTTP/1.1\r\nHost: weir\r\n\r\n'

await t.test('a request that runs is answered before the application closes, and a new one is sent away', async (t) => {
  const { port, close, asked } = await openDoor(t, 600_000)
  const [running, idle] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  const answers = [text(running), text(idle)]
  running.write(REQUEST)
  idle.write('GET /nothing HTTP/1.1\r\nHost: weir\r\n\r\n')
  await once(idle, 'readable')
  const { reply } = await asked
  const closing = close()
  const late = connect(port, '127.0.0.1')
  late.write(REQUEST)
  t.match(await text(late), /^HTTP\/1\.1 503 /)
  reply.send('done')
  await closing
  t.match(await answers[0], /\r\n\r\ndone$/)
  t.ok(await answers[1], 'a connection kept alive does not hold up the stop')
})

await t.test('a request that does not end is cut when the time is over', async (t) => {
  const { port, close, asked } = await openDoor(t, 1)
  const running = connect(port, '127.0.0.1')
  const answer = text(running).catch(() => '')
  running.write(REQUEST)
  await asked
  await close()
  t.equal(await answer, '')
})

await t.test('a request may take longer to its end than an application to its start', async (t) => {
  const { port, close, asked } = await openDoor(t, 600_000)
  const running = connect(port, '127.0.0.1')
  const answer = text(running)
  running.write(REQUEST)
  const { reply } = await asked
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const end = { isReached: false }
  const closing = close().finally(() => { end.isReached = true })
  await setImmediate()
  mock.timers.tick(300_000)
  await setImmediate()
  t.notOk(end.isReached)
  reply.send('done')
  while (!end.isReached) {
    mock.timers.tick(1_000)
    await setImmediate()
  }
  await closing
  t.match(await answer, /\r\n\r\ndone$/)
})
