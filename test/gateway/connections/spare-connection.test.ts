import { EventEmitter, once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { Pool, type buildConnector } from 'undici'
import { createConnector } from '../../../gateway/connections/connector.ts'
import { createSpareConnector, type SpareConnector } from '../../../gateway/connections/spare-connection.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

interface Provider { readonly server: Server, readonly target: buildConnector.Options, /** The next connection, in the order in which they come. */ next (): Promise<Socket> }

/** A server that leaves its connections to the test. */
async function startProvider (t: Test): Promise<Provider> {
  const come: Socket[] = []
  let expected: ((socket: Socket) => void) | null = null
  const all: Socket[] = []
  const server = createServer((socket) => {
    all.push(socket)
    socket.on('error', () => socket.destroy())
    if (expected === null) come.push(socket)
    else expected(socket)
    expected = null
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of all) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    server,
    target: { hostname: '127.0.0.1', protocol: 'http:', port: String(port) },
    async next () {
      const socket = come.shift()
      return socket ?? await new Promise((resolve) => { expected = resolve })
    },
  }
}

interface Tried { readonly connector: SpareConnector, /** Resolves when so many connections are made at this end as well. */ made (count: number): Promise<void> }

function trySpares (t: Test, keptMs = 60_000): Tried {
  const connectAnew = createConnector({})
  const made = Object.assign(new EventEmitter(), { count: 0 })
  const connector = createSpareConnector((target, callback) => {
    connectAnew(target, (...ends) => {
      callback(...ends)
      made.count += 1
      made.emit('one')
    })
  }, keptMs)
  t.teardown(() => connector.close())
  return { connector, async made (wanted) { while (made.count < wanted) await once(made, 'one') } }
}

async function connected ({ connect }: SpareConnector, target: buildConnector.Options): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    connect(target, (...ends) => {
      if (ends[0] !== null) return reject(ends[0])
      ends[1].on('error', () => {})
      resolve(ends[1])
    })
  })
}

/** Both ends of one connection name the same ports. */
function isOneConnection (client: Socket, server: Socket): boolean {
  return client.localPort === server.remotePort
}

await t.test('the next connection is there before it is asked for', async (t) => {
  const provider = await startProvider(t)
  const { connector } = trySpares(t)
  const first = await connected(connector, provider.target)
  t.ok(isOneConnection(first, await provider.next()))
  const spare = await provider.next()
  const second = await connected(connector, provider.target)
  t.ok(isOneConnection(second, spare), 'it was opened behind the first one')
  t.notOk(isOneConnection(second, await provider.next()), 'and another one behind it')
})

await t.test('a connection that is still being made is handed to who asks next', async (t) => {
  const provider = await startProvider(t)
  const { connector } = trySpares(t)
  const first = await connected(connector, provider.target)
  const [second, third] = await Promise.all([connected(connector, provider.target), connected(connector, provider.target)])
  const ports = new Set([first, second, third].map(({ localPort }) => localPort))
  t.equal(ports.size, 3, 'nobody has another one\'s')
})

await t.test('requests over a pool go through spare connections, and come back whole', async (t) => {
  const provider = await startProvider(t)
  const { connector } = trySpares(t)
  const pool = new Pool(`http://127.0.0.1:${provider.target.port}`, { pipelining: 1, connect: connector.connect })
  t.teardown(() => pool.destroy())
  const ask = async (): Promise<string> => {
    const { body } = await pool.request({ method: 'POST', path: '/', body: 'question' })
    return await body.text()
  }
  const first = ask()
  const one = await provider.next()
  const spare = await provider.next()
  const second = ask()
  t.match(String((await once(spare, 'data'))[0]), 'question', 'the second request is on the spare connection')
  one.write(ANSWER)
  spare.write(ANSWER)
  t.strictSame(await Promise.all([first, second]), ['ok', 'ok'])
})

for (const [name, speak] of Object.entries({
  'says something': (socket: Socket) => socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n'),
  ends: (socket: Socket) => socket.end(),
  'is reset': (socket: Socket) => socket.resetAndDestroy(),
})) {
  await t.test(`one that ${name} before it is used is given up`, async (t) => {
    const provider = await startProvider(t)
    const { connector } = trySpares(t)
    await connected(connector, provider.target)
    await provider.next()
    const spare = await provider.next()
    const closed = once(spare, 'close')
    spare.resume()
    speak(spare)
    await closed
    const second = await connected(connector, provider.target)
    t.notOk(isOneConnection(second, spare))
    t.notOk(second.destroyed)
  })
}

await t.test('one that nobody asks for is closed after its time', async (t) => {
  const provider = await startProvider(t)
  const { connector } = trySpares(t, 1)
  const first = await connected(connector, provider.target)
  const one = await provider.next()
  const spare = await provider.next()
  spare.resume()
  await once(spare, 'close')
  t.notOk(one.destroyed || first.destroyed, 'the one in use is not')
})

await t.test('one that was handed out is not closed after that time', async (t) => {
  const provider = await startProvider(t)
  const { connector, made } = trySpares(t, 50)
  await connected(connector, provider.target)
  await provider.next()
  await provider.next()
  await made(2)
  const second = await connected(connector, provider.target)
  const next = await provider.next()
  next.resume()
  await once(next, 'close') // its time began later
  t.notOk(second.destroyed)
})

await t.test('one that cannot be made is nobody\'s failure, and who asks later is told', async (t) => {
  const provider = await startProvider(t)
  let attempts = 0
  let failed = (): void => {}
  const connector = createSpareConnector((target, callback) => {
    attempts += 1
    if (attempts === 1) createConnector({})(target, callback)
    else {
      callback(new Error('there is no way'), null)
      failed()
    }
  })
  t.teardown(() => connector.close())
  const hasFailed = new Promise<void>((resolve) => { failed = resolve })
  const first = await connected(connector, provider.target)
  await hasFailed
  t.notOk(first.destroyed)
  await t.rejects(connected(connector, provider.target), { message: 'there is no way' })
})

await t.test('closing ends the spare connection and makes no more', async (t) => {
  const provider = await startProvider(t)
  const { connector, made } = trySpares(t)
  await connected(connector, provider.target)
  await provider.next()
  const spare = await provider.next()
  spare.resume()
  await made(2)
  connector.close()
  await once(spare, 'close')
  await connected(connector, provider.target)
  await provider.next()
  await new Promise<void>((resolve) => { setImmediate(() => setImmediate(resolve)) }) // behind the turn in which one would be opened
  const connections = await new Promise<number>((resolve, reject) => {
    provider.server.getConnections((error, count) => { if (error === null) resolve(count); else reject(error) })
  })
  t.equal(connections, 2)
})
