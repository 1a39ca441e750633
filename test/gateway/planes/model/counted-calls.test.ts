import t from 'tap'
import { MODEL_FORMATS } from '../../../../adapters/model-format.ts'
import { formatsOf } from '../../../../gateway/model-formats.ts'
import { watchedFormat } from '../../../../gateway/planes/model/watched-stream.ts'
import { WIRES } from '../../../support/scripted-provider.ts'
import { callChunk, event, startFakeUpstream, streamHead } from './fake-upstream.ts'
import { ask, chat, openGovernedPlane } from './governed-plane.ts'

// What agents are answered is calls for the most part: where it has to be estimated, their arguments are what was written.
const CONTENT = 'x'.repeat(4_000)
const STEP = { calls: [['write', { filePath: 'a', content: CONTENT }]] } as const
const CHARS = JSON.stringify(STEP.calls[0][1]).length

for (const name of MODEL_FORMATS) {
  const [format] = formatsOf(name)
  await t.test(`${name}: arguments of calls are counted, as they come in a stream and in a whole answer`, async (t) => {
    const told: number[] = []
    const stream = watchedFormat(format, (chars) => told.push(chars)).openStream({ refusalStyle: 'text', hidesUsage: false, rule: async () => ({ allowed: false, feedback: 'no' }), write () {} })
    for (const piece of WIRES[name].events(STEP, 1)) await stream.push(Buffer.from(piece))
    await stream.end()
    const { chars, callChars } = stream.facts()
    t.equal(callChars, CHARS)
    t.equal(told.at(-1), chars + CHARS)
    if (name !== 'gemini') t.ok(told.some((soFar) => soFar > 1_000 && soFar < CHARS), 'half of it is known when half of it has come')
    const whole = await format.governAnswer(Buffer.from(JSON.stringify(WIRES[name].whole(STEP, 1))), async () => ({ allowed: true }), 'text')
    t.equal(whole.callChars, CHARS)
  })
}

await t.test('an answer that breaks off inside a call, or is not counted by its provider, is charged for what it said there', async (t) => {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl)
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  const usageOf = async (body: string): Promise<unknown> => {
    const outcome = governed.nextOutcome()
    await ask(governed, body)
    return (await outcome).detail['usage']
  }
  upstream.answer = (response) => {
    streamHead(response)
    response.write(event(callChunk([{ index: 0, id: 'a', name: 'write', args: `{"content":"${CONTENT}` }])), () => response.destroy())
  }
  t.match(await usageOf(chat()), { outputTokens: Math.ceil((CONTENT.length + 12) / 4), estimated: true })
  const { usage: _usage, ...uncounted } = WIRES['openai-chat'].whole(STEP, 1) as { readonly usage: object }
  upstream.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(uncounted))
  t.match(await usageOf(chat({ stream: false, stream_options: undefined })), { outputTokens: Math.ceil(CHARS / 4), estimated: true })
})

t.end()
