import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import type { ModelFormatName } from '../../../../adapters/model-format.ts'
import { startFakeUpstream } from './fake-upstream.ts'
import { openGovernedPlane, TOKEN } from './governed-plane.ts'

const upstream = await startFakeUpstream()
t.teardown(() => upstream.close())
const providerOf = (format: ModelFormatName) => ({ format, baseUrl: upstream.baseUrl, models: { m1: {} } })
const governed = await openGovernedPlane(upstream.baseUrl, { providers: { c: providerOf('openai-chat'), a: providerOf('anthropic'), r: providerOf('openai-responses'), g: providerOf('gemini') } })
t.teardown(() => governed.close())

interface Asking { readonly path: string, readonly body: object, readonly answer: object }

/** A request of each format, with what is not ASCII in it, and an answer that passes as it is. */
const FORMATS: Readonly<Record<ModelFormatName, Asking>> = {
  'openai-chat': { path: 'c/v1/chat/completions', body: { model: 'm1', messages: [{ role: 'user', content: 'né "1" 😀' }] }, answer: { choices: [] } },
  anthropic: { path: 'a/v1/messages', body: { model: 'm1', max_tokens: 9, messages: [{ role: 'user', content: 'né "1" 😀' }] }, answer: { type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' } },
  'openai-responses': { path: 'r/v1/responses', body: { model: 'm1', input: 'né "1" 😀' }, answer: { object: 'response', status: 'completed', output: [] } },
  gemini: { path: 'g/v1beta/models/m1:generateContent', body: { contents: [{ parts: [{ text: 'né "1" 😀' }] }] }, answer: { candidates: [] } },
}

/** Writes the bytes, and resolves when they are on their way. */
async function written (socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => socket.write(bytes, (error) => error == null ? resolve() : reject(error)))
  await new Promise((resolve) => setImmediate(resolve))
}

for (const [format, { path, body, answer }] of Object.entries(FORMATS)) {
  const text = Buffer.from(JSON.stringify(body))
  const request = (length: number): Buffer =>
    Buffer.from(`POST /weir/model/${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`)

  await t.test(`${format}: a request that arrives in two pieces, cut at any byte, is one request as it was sent`, async (t) => {
    upstream.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    upstream.seen.length = 0
    const whole = Buffer.concat([request(text.length), text])
    const socket = connect(governed.socketPath).setNoDelay()
    t.teardown(() => socket.destroy())
    for (let cut = 1; cut < whole.length; cut += 1) {
      await written(socket, whole.subarray(0, cut))
      const answered = once(socket, 'data') as Promise<[Buffer]>
      await written(socket, whole.subarray(cut))
      const [head] = await answered
      if (!head.toString('latin1').startsWith('HTTP/1.1 200 ')) throw new Error(`cut at ${cut}: ${head.toString('latin1')}`)
    }
    t.equal(upstream.seen.length, whole.length - 1)
    t.same(new Set(upstream.seen.map(({ body }) => body)), new Set([text.toString()]))
  })

  await t.test(`${format}: a request that ends before its end, at any byte of its body, asks nobody`, async (t) => {
    const { entries } = governed
    const before = [entries.length, upstream.seen.length]
    for (let cut = 0; cut < text.length; cut += 1) {
      // Once as a connection that breaks, and once as a body that is whole by its length.
      const broken = connect(governed.socketPath)
      const gone = once(broken, 'close')
      broken.on('error', () => broken.destroy()).resume()
      broken.end(Buffer.concat([request(text.length), text.subarray(0, cut)]))
      await gone
      const short = connect(governed.socketPath)
      short.write(Buffer.concat([request(cut), text.subarray(0, cut)]))
      const [head] = await once(short, 'data') as [Buffer]
      if (!head.toString('latin1').startsWith('HTTP/1.1 400 ')) throw new Error(`cut at ${cut}: ${head.toString('latin1')}`)
      short.destroy()
    }
    t.same([entries.length, upstream.seen.length], before)
  })
}
