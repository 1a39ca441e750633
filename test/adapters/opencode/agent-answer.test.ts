import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { connectAgent } from '../../../adapters/opencode/agent-http.ts'
import { testFolder } from '../../support/test-folder.ts'

const socketPath = join(testFolder(t), 'agent.sock')
const LONG = 'x'.repeat(1_048_576)
const closed: string[] = []

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/short': (response) => response.writeHead(200, { 'content-length': 5 }).end('short'),
  '/pieces': (response) => response.writeHead(201, { 'content-length': 6 }).write('pie', () => setImmediate(() => response.end('ces'))),
  '/empty': (response) => response.writeHead(204).end(),
  '/broken': (response) => response.writeHead(200, { 'content-length': 6 }).write('bro', () => response.destroy()),
  '/undeclared': (response) => response.writeHead(200).end('of no declared length'),
  '/long': (response) => response.writeHead(200, { 'content-length': LONG.length }).end(LONG),
  '/long-broken': (response) => response.writeHead(200, { 'content-length': LONG.length }).write('x', () => response.destroy()),
  '/long-left': (response) => response.writeHead(200, { 'content-length': LONG.length }).write('x'),
}
const agent = createServer((request, response) => {
  const path = request.url ?? ''
  response.once('close', () => closed.push(path))
  ANSWERS[path]?.(response)
})
agent.listen(socketPath)
await once(agent, 'listening')
const { answer, close } = connectAgent({ socketPath, authorization: 'Basic x', directory: '/workspace' })
t.teardown(async () => {
  await close()
  agent.closeAllConnections()
  agent.close()
})
const ask = (path: string): ReturnType<typeof answer> => answer({ method: 'GET', path })

await t.test('a short answer is there in one piece, however it came', async (t) => {
  for (const [path, statusCode, text] of [['/short', 200, 'short'], ['/pieces', 201, 'pieces']] as const) {
    const answered = await ask(path)
    t.match(answered, { statusCode, headers: { 'content-length': String(text.length) }, body: null })
    t.equal(answered.bytes?.toString(), text)
  }
})

await t.test('a short answer that breaks off is no answer', async (t) => {
  await t.rejects(ask('/broken'))
})

await t.test('a long answer, or one of no declared length, is a body to its last byte', async (t) => {
  for (const [path, text] of [['/long', LONG], ['/undeclared', 'of no declared length'], ['/empty', '']] as const) {
    const { bytes, body } = await ask(path)
    t.equal(bytes, null)
    if (body !== null) t.ok((await buffer(body)).equals(Buffer.from(text)), path)
  }
})

await t.test('a long answer that breaks off is an error of its body', async (t) => {
  const { body } = await ask('/long-broken')
  await t.rejects(buffer(body ?? Readable.from([])))
})

await t.test('the connection of a body that nobody reads on is closed', async (t) => {
  const { body } = await ask('/long-left')
  t.notOk(closed.includes('/long-left'), 'it is open while somebody may read on')
  body?.destroy()
  while (!closed.includes('/long-left')) await new Promise((resolve) => setImmediate(resolve))
})
