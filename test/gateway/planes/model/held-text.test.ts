import { once } from 'node:events'
import t from 'tap'
import { event, finishChunk, startFakeUpstream, streamHead, textChunk } from './fake-upstream.ts'
import { chat, KEY_CANARY, open, openGovernedPlane } from './governed-plane.ts'

await t.test('a text that ends as a key begins does not hold up what follows until the stream ends', async (t) => {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl)
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  const begun = textChunk(`keys begin with ${KEY_CANARY.slice(0, 6)}`)
  const other = { id: 'c1', object: 'chat.completion.chunk', model: 'm1', choices: [{ index: 1, delta: { content: 'meanwhile' }, finish_reason: null }] }
  const end = event(textChunk(KEY_CANARY.slice(6))) + event(finishChunk('stop')) + event('[DONE]')
  let goOn = (): void => {}
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(begun) + event(other))
    goOn = () => response.end(end)
  }
  const { response } = await open(governed, chat())
  let text = ''
  response.on('data', (bytes: Buffer) => { text += bytes.toString() })
  while (!text.includes('meanwhile')) await once(response, 'data')
  t.equal(text, event(begun) + event(other))
  goOn()
  await once(response, 'close')
  t.match(text, '[redacted]', 'where it goes on after all, it is the key')
  t.notMatch(text, KEY_CANARY.slice(6))
})

t.end()
