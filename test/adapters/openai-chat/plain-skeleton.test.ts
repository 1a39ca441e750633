import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { PlainSkeleton } from '../../../adapters/openai-chat/plain-skeleton.ts'
import { openaiChat } from '../../../adapters/openai-chat/format.ts'
import { readAnswerJson } from '../../../gateway/decode/answer-json.ts'
import { payloadsOf, runStream } from '../run-stream.ts'

const eventOf = (content: string, more: object = {}): object => ({ id: 'c', model: 'the', ...more, choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const bytesOf = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const knowing = (content: string, more?: object): PlainSkeleton => {
  const skeleton = new PlainSkeleton()
  skeleton.learn(bytesOf(eventOf(content, more)), eventOf(content, more), content)
  return skeleton
}

await t.test('what is recognised says the same as the event it was learned from, in everything but its words', async (t) => {
  const skeleton = knowing('the')
  const hostile = fc.array(fc.constantFrom('"', '\\', '{', '}', ',', ':', '\n', '\u0000', '\u007f', 'ü', '"tool_calls":[{}]', '"},"x":{"y":"', 'the', ' '), { maxLength: 6 }).map((parts) => parts.join(''))
  const whole = bytesOf(eventOf('the')).toString()
  const words = whole.lastIndexOf('the')
  let recognised = 0
  fc.assert(fc.property(fc.oneof(fc.nat(whole.length), fc.integer({ min: words, max: words + 3 })), fc.nat(6), hostile, (at, cut, put) => {
    const payload = Buffer.from(whole.slice(0, at) + put + whole.slice(at + cut))
    const chars = skeleton.charsOf(payload)
    if (chars === -1) return true
    recognised += 1
    const { value, exact } = readAnswerJson(payload)
    const content = (value as { choices: [{ delta: { content: string } }] }).choices[0].delta.content
    return exact && content.length === chars && isDeepStrictEqual(value, eventOf(content))
  }), { numRuns: 3_000 })
  t.ok(recognised > 0, 'and some are')
})

await t.test('the words are looked for where the choice has them, and nowhere else', (t) => {
  const misleading = { note: { content: 'the' } }
  t.equal(knowing('the', misleading).charsOf(bytesOf(eventOf('other words', misleading))), -1)
  t.equal(knowing('the', misleading).charsOf(bytesOf(eventOf('the', { note: { content: 'other words' } }))), -1)
  t.equal(knowing('the').charsOf(bytesOf(eventOf('other words'))), 11)
  t.equal(knowing('the').charsOf(bytesOf(eventOf(''))), -1)
  t.equal(knowing('the').charsOf(bytesOf(eventOf('a', { id: 'd' }))), -1)
  const python = '{"id": "c", "choices": [{"index": 0, "delta": {"content": "the"}}]}'
  const skeleton = new PlainSkeleton()
  t.ok(skeleton.learn(Buffer.from(python), JSON.parse(python), 'the'))
  t.equal(skeleton.charsOf(Buffer.from(python.replace('the', 'x'))), 1)
  t.end()
})

await t.test('alike events that come cut anywhere pass as they came, and are counted once', async (t) => {
  const text = ['one', ' two, ', 'three', '"four"', 'five ', 'six', 'ünf', 'seven', 'eight']
  const events = text.map((content) => `data: ${JSON.stringify(eventOf(content))}\n\n`)
  const sent = Buffer.from(`${events.join('')}: awake\n\n${events[0]}`)
  await t.resolves(fc.assert(fc.asyncProperty(fc.array(fc.nat(sent.length), { maxLength: 12 }), async (ends) => {
    const cuts = [0, ...ends, sent.length].sort((a, b) => a - b)
    let out = ''
    const stream = openaiChat.openStream({ refusalStyle: 'text', hidesUsage: true, write: (bytes) => { out += bytes.toString() }, rule: async () => ({ allowed: true }) })
    for (const [at, cut] of cuts.entries()) await stream.push(sent.subarray(cut, cuts[at + 1]))
    return out === sent.toString() && stream.facts().chars === text.join('').length + 'one'.length
  }), { numRuns: 200 }), 'at any bytes')
})

await t.test('whole alike events are passed on without a wait, and one behind a field of another kind or in other line ends is read', async (t) => {
  const writes: string[] = []
  const stream = openaiChat.openStream({ refusalStyle: 'text', hidesUsage: true, write: (bytes) => { writes.push(bytes.toString()) }, rule: async () => ({ allowed: true }) })
  const event = `data: ${JSON.stringify(eventOf('one'))}\n\n`
  await stream.push(Buffer.from(event))
  const second = stream.push(Buffer.from(event))
  t.ok(second instanceof Promise, 'nothing is learned of the first text')
  await second
  t.equal(stream.push(Buffer.from(event + event)), undefined)
  t.same(writes, [event, event, event + event])
  for (const other of ['id: 1\n', 'data\n', 'data: {"id":\n']) {
    const reading = stream.push(Buffer.from(other))
    t.ok(reading instanceof Promise, other)
    await reading
    if (other === 'data: {"id":\n') break
    await stream.push(Buffer.from(event.replaceAll('\n', '\r\n')))
  }
  await t.rejects(async () => await stream.push(Buffer.from(event)), { code: 'WEIR_ERR_UPSTREAM' }, 'it ends the payload that began before it')
})

await t.test('behind a call that could not be decided no alike event passes', async (t) => {
  let out = ''
  const stream = openaiChat.openStream({ refusalStyle: 'text', hidesUsage: true, write: (bytes) => { out += bytes.toString() }, rule: async () => { throw new Error('no word') } })
  const event = `data: ${JSON.stringify(eventOf('one'))}\n\n`
  const call = (index: number): object => ({ index, id: `a${index}`, type: 'function', function: { name: 'bash', arguments: '{}' } })
  for (const text of [event, event]) await stream.push(Buffer.from(text)) // the second one is learned from
  await stream.push(Buffer.from(`data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { tool_calls: [call(0), call(1)] } }] })}\n\n`))?.catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  await t.rejects(async () => await stream.push(Buffer.from(event)), { message: 'no word' })
  t.equal(out, event + event)
})

await t.test('a stream of alike events passes as it came, and its text and calls are counted among them', async (t) => {
  const sse = (value: object): string => `data: ${JSON.stringify(value)}\n\n`
  const call = { id: 'c', model: 'the', choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'bash', arguments: '{"command":"SECRET"}' } }] }, finish_reason: null }] }
  const of = (index: number, content: string): object => ({ id: `c${index}`, model: 'the', choices: [{ index, delta: { content }, finish_reason: null }] })
  const texts = [of(0, 'one'), of(0, ' two'), of(1, 'of another'), of(0, 'three'), of(1, 'four'), of(0, 'five'), of(0, '"quoted"'), of(1, 'six'), of(1, 'seven'), of(0, 'eight'), of(1, 'nine')]
  const sent = texts.map(sse).join('')
  const seen = await runStream(openaiChat, [Buffer.from(sent + sse(call) + sse(eventOf('behind')))], { secret: /SECRET/ })
  t.ok(seen.out.startsWith(sent))
  t.equal(seen.calls.length, 1)
  let out = ''
  const stream = openaiChat.openStream({ refusalStyle: 'text', hidesUsage: true, write: (bytes) => { out += bytes.toString() }, rule: async () => ({ allowed: true }) })
  for (const text of texts) await stream.push(Buffer.from(sse(text)))
  t.equal(out, sent)
  await stream.end()
  t.same(payloadsOf(out.slice(sent.length)).map(({ id }) => id), ['c1', 'c1'], 'its end goes by the last event, whichever it was like')
  t.equal(stream.facts().chars, 'one twoof anotherthreefourfive"quoted"sixseveneightnine'.length)
})
