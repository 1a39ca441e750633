import { once } from 'node:events'
import t from 'tap'
import { createStreamTurns } from '../../../../gateway/planes/model/stream-turns.ts'
import { event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { chat, open, openGovernedPlane } from './governed-plane.ts'

const turnOfLoop = async (): Promise<void> => { await new Promise((resolve) => setImmediate(resolve)) }

await t.test('what waits is read in order, behind what the turn brings, and lets others in between', async (t) => {
  const turns = createStreamTurns()
  const read: number[] = []
  const slow = (at: number) => (): void => {
    const untilMs = performance.now() + 1
    while (performance.now() < untilMs) { /* as long as a whole slice */ }
    read.push(at)
  }
  for (let at = 0; at < 40; at += 1) turns.later(slow(at))
  t.same(read, [], 'not at once')
  await turnOfLoop()
  t.ok(read.length > 0 && read.length < 40, `${read.length} of 40 before somebody else has a turn`)
  turns.later(slow(40))
  while (read.length < 41) await turnOfLoop()
  t.same(read, Array.from({ length: 41 }, (_, at) => at))
})

await t.test('a stream whose events wait for their turn ends with all of them, or breaks behind all of them', async (t) => {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl)
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  const words = Array.from({ length: 50 }, (_, at) => event(textChunk(`${at} `)))
  for (const end of ['ends', 'breaks'] as const) {
    upstream.answer = (response) => {
      streamHead(response)
      const [first = '', ...others] = words
      response.write(first)
      // In one go, when the client has the first: the end comes while they wait.
      goOn = () => {
        response.socket?.cork()
        for (const word of others) response.write(word)
        process.nextTick(() => response.socket?.uncork())
        if (end === 'ends') response.end(event(finishChunk('stop')) + event('[DONE]'))
        else response.socket?.end('no chunk\r\n') // the connection's error comes in the same read
      }
    }
    let goOn = (): void => {}
    let text = ''
    const { response } = await open(governed, chat())
    response.on('data', (bytes: Buffer) => { text += bytes.toString() })
    response.on('error', () => {}) // the break itself
    await once(response, 'data')
    goOn()
    await new Promise((resolve) => response.once('close', resolve))
    t.equal(text.startsWith(words.join('')), true, end)
    t.equal(text.endsWith('data: [DONE]\n\n'), end === 'ends', end)
  }
})

t.end()
