import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { writeChunk } from '../../../../gateway/http/forward/write-chunk.ts'

const PIECES = ['a', 'data: {"x":1}\n\n', 'ü'.repeat(9), 'x'.repeat(70_000), '\r\n'].map((text) => Buffer.from(text))
const WHOLE = Buffer.concat(PIECES)

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain' })
  for (const piece of PIECES) writeChunk(response, piece)
  response.write('by node itself, ')
  writeChunk(response, Buffer.from('and not'))
  response.end(' at the end')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
t.after(() => {
  server.closeAllConnections()
  server.close()
})

async function bytesOf (stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

await t.test('a client reads the pieces, and its connection is good for another request', async (t) => {
  for (let turn = 0; turn < 2; turn += 1) {
    const [response] = await once(request({ port, host: '127.0.0.1' }).end(), 'response')
    t.equal(response.headers['transfer-encoding'], 'chunked')
    t.same(await bytesOf(response), Buffer.concat([WHOLE, Buffer.from('by node itself, and not at the end')]))
    t.equal(response.complete, true)
  }
})

await t.test('each piece is a chunk of its own', async (t) => {
  const socket = connect(port, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const answer = (await bytesOf(socket)).toString('latin1')
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  t.ok(body.startsWith(PIECES.map((piece) => `${piece.length.toString(16)}\r\n${piece.toString('latin1')}\r\n`).join('')))
  t.ok(body.endsWith('b\r\n at the end\r\n0\r\n\r\n'))
})

await t.test('a client of HTTP/1.0 gets the bytes alone', async (t) => {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.0\r\n\r\n')
  const answer = await bytesOf(socket)
  t.same(answer.subarray(answer.indexOf('\r\n\r\n') + 4), Buffer.concat([WHOLE, Buffer.from('by node itself, and not at the end')]))
})

t.end()
