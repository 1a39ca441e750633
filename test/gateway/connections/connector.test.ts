import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { Pool, type Dispatcher } from 'undici'
import { createConnector } from '../../../gateway/connections/connector.ts'
import { testFolder } from '../../support/test-folder.ts'

const BODY = Buffer.from(Array.from({ length: 1_048_576 }, (_, at) => 0x61 + at % 26))
const READ_AT_ONCE = 65_536

interface Identity { readonly key: Buffer, readonly cert: Buffer }

/** A server that answers each connection's first bytes like this. @returns its port */
async function startServer (t: Test, answer: (socket: Socket) => void, identity?: Identity): Promise<number> {
  const take = (socket: Socket): void => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => answer(socket))
  }
  const server = identity === undefined ? createServer(take) : createTlsServer(identity, take)
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function identityIn (dir: string): Identity {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=provider', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

function poolTo (t: Test, port: number, identity?: Identity): Pool {
  const pool = identity === undefined
    ? new Pool(`http://127.0.0.1:${port}`, { connections: 1, connect: createConnector({}) })
    : new Pool(`https://127.0.0.1:${port}`, { connections: 1, connect: createConnector({ ca: identity.cert }) })
  t.teardown(() => pool.destroy())
  return pool
}

/** The body of one answer, whose reader rests after each piece until the event loop has come round. */
async function bodyReadSlowly (pool: Pool): Promise<Buffer> {
  const pieces: Buffer[] = []
  return await new Promise((resolve, reject) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart () {},
      onResponseStart () {},
      onResponseData (controller, piece) {
        if (piece.length === 0) return // undici gives one when a paused answer goes on
        pieces.push(Buffer.from(piece))
        controller.pause()
        setImmediate(() => controller.resume())
      },
      onResponseEnd () { resolve(Buffer.concat(pieces)) },
      onResponseError (_controller, error) { reject(error) },
    }
    pool.dispatch({ method: 'GET', path: '/' }, handler)
  })
}

await t.test('a slow reader gets every byte, with and without TLS, in chunks, of a length, and of an answer that ends with its connection', async (t) => {
  const chunk = `${BODY.length.toString(16)}\r\n${BODY.toString()}\r\n0\r\n\r\n`
  const answers = [
    (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`),
    (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY.toString()}`),
    (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${BODY.toString()}`),
  ]
  for (const identity of [undefined, identityIn(testFolder(t))]) {
    for (const answer of answers) {
      const pool = poolTo(t, await startServer(t, answer, identity), identity)
      t.ok((await bodyReadSlowly(pool)).equals(BODY))
    }
  }
})

await t.test('a connection is used again, and bytes that nobody asked for end it', async (t) => {
  let connections = 0
  const port = await startServer(t, (socket) => {
    connections += 1
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
    socket.write(answer)
    // In one write: what comes later could be taken for the answer of the next request.
    socket.once('data', () => socket.write(`${answer}HTTP/1.1 200 OK\r\n\r\n`))
  })
  const pool = poolTo(t, port)
  for (let at = 0; at < 2; at += 1) t.equal(await (await pool.request({ method: 'GET', path: '/' })).body.text(), 'ok')
  t.equal(connections, 1)
  t.equal(await (await pool.request({ method: 'GET', path: '/' })).body.text(), 'ok')
  t.equal(connections, 2)
})

await t.test('what is not read stays with who sends it', async (t) => {
  const port = await startServer(t, (socket) => socket.end(Buffer.concat([BODY, BODY, BODY, BODY])))
  const socket = await new Promise<Socket>((resolve, reject) => {
    createConnector({})({ protocol: 'http:', hostname: '127.0.0.1', port: String(port) }, (error, connected) => { if (error === null) resolve(connected as Socket); else reject(error) })
  })
  let taken = 0
  let mostUnread = 0
  const take = (): void => {
    for (let bytes = socket.read() as Buffer | null; bytes !== null; bytes = socket.read() as Buffer | null) taken += bytes.length
  }
  socket.on('readable', () => {
    mostUnread = Math.max(mostUnread, socket.bytesRead - taken)
    if (socket.bytesRead > taken) setImmediate(take)
    else take() // asked for bytes when there are none, it tells the end
  })
  const ended = once(socket, 'end')
  socket.write('go')
  await ended
  t.equal(taken, 4 * BODY.length)
  t.ok(mostUnread <= 2 * READ_AT_ONCE, `${mostUnread} bytes were unread`)
})
