import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { brotliCompressSync, createBrotliCompress, createGzip, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { unpackAnswer, type AnswerReader } from '../../../../gateway/planes/model/unpack-answer.ts'
import { callChunk, event, finishChunk, startFakeUpstream, textChunk } from './fake-upstream.ts'
import { ask, callsOf, chat, finishOf, KEY_CANARY, open, openGovernedPlane, payloads } from './governed-plane.ts'

const upstream = await startFakeUpstream()
const governed = await openGovernedPlane(upstream.baseUrl)
t.after(async () => {
  await governed.close()
  upstream.close()
})

const MIB = 1_048_576
const PACKERS: ReadonlyArray<readonly [encoding: string, pack: (text: string) => Buffer]> = [
  ['gzip', (text) => gzipSync(text)],
  ['X-GZIP', (text) => gzipSync(text)],
  ['deflate', (text) => deflateSync(text)],
  ['deflate', (text) => deflateRawSync(text)],
  ['br', (text) => brotliCompressSync(text)],
  ['identity', (text) => Buffer.from(text)],
]
const call = (id: string, command: string, index = 0) => callChunk([{ index, id, name: 'bash', args: JSON.stringify({ command, description: 'x' }) }])
const whole = (command: string): string => JSON.stringify({
  choices: [{ index: 0, finish_reason: 'tool_calls', message: { role: 'assistant', content: `with ${KEY_CANARY}`, tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: JSON.stringify({ command, description: 'x' }) } }] } }],
  usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
})
const WHOLE = chat({ stream: false, stream_options: undefined })

function answerWith (status: number, type: string, encoding: string, bytes: Buffer): void {
  upstream.answer = (response) => {
    response.writeHead(status, { 'content-type': type, 'content-encoding': encoding, 'content-length': bytes.length })
    response.end(bytes)
  }
}

await t.test('a compressed whole answer is decided, metered and redacted like a plain one', async (t) => {
  for (const [encoding, pack] of PACKERS) {
    const allowed = whole('npm run ok')
    answerWith(200, 'application/json', encoding, pack(allowed))
    const outcome = governed.nextOutcome()
    const answer = await ask(governed, WHOLE)
    t.match(answer, { status: 200, text: allowed.replace(KEY_CANARY, '[redacted]') }, encoding)
    t.equal(answer.headers['content-encoding'], undefined)
    t.equal(Number(answer.headers['content-length']), Buffer.byteLength(answer.text))
    t.match((await outcome).detail, { released: 1, usage: { inputTokens: 7, outputTokens: 5 } })
    answerWith(200, 'application/json', encoding, pack(whole('npm run FORBID-MARK')))
    const denied = await ask(governed, WHOLE)
    t.equal(denied.status, 200)
    t.match(denied.text, 'the rule says deny')
    t.notMatch(denied.text, 'npm run FORBID-MARK')
  }
})

await t.test('embeddings too', async (t) => {
  const text = JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5] }], model: 'm1', usage: { prompt_tokens: 3, total_tokens: 3 } })
  answerWith(200, 'application/json', 'gzip', gzipSync(text))
  t.match(await ask(governed, JSON.stringify({ model: 'm1', input: 'x' }), { path: '/weir/model/p/v1/embeddings' }), { status: 200, text })
})

await t.test('events of a compressed stream pass when they come, and its calls are decided', async (t) => {
  for (const [encoding, packer] of [['gzip', () => createGzip({ flush: constants.Z_SYNC_FLUSH })], ['br', () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH })]] as const) {
    let goOn = (): void => undefined
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding })
      const packed = packer()
      packed.pipe(response)
      packed.write(event(textChunk('first')))
      goOn = () => packed.end([call('a', 'npm run ok'), call('b', 'npm run FORBID-MARK', 1), finishChunk('tool_calls'), '[DONE]'].map(event).join(''))
    }
    const outcome = governed.nextOutcome()
    const { response } = await open(governed, chat())
    t.equal(response.headers['content-encoding'], undefined)
    let [text] = (await once(response, 'data') as [Buffer]).map(String) as [string]
    t.match(text, 'first', 'it came before the provider went on')
    goOn()
    for await (const chunk of response) text += String(chunk)
    t.match(callsOf(text)[0], { id: 'a', function: { name: 'bash' } })
    t.match(text, 'the rule says deny')
    t.notMatch(text, 'npm run FORBID-MARK')
    t.equal(payloads(text).at(-1), '[DONE]')
    t.match((await outcome).detail, { released: 1, refused: 1, notes: [] })
  }
})

await t.test('a compressed refusal keeps its status and its body, without the key', async (t) => {
  for (const status of [400, 401, 404]) {
    for (const [encoding, pack] of PACKERS) {
      answerWith(status, 'application/json', encoding, pack(JSON.stringify({ error: { message: `no: ${KEY_CANARY}` } })))
      const answer = await ask(governed, chat())
      t.match(answer, { status, text: '{"error":{"message":"no: [redacted]"}}' }, `${status} ${encoding}`)
      t.equal(answer.headers['content-encoding'], undefined)
    }
    answerWith(status, 'application/json', 'gzip', Buffer.alloc(0))
    t.match(await ask(governed, chat()), { status, text: '' }, 'nothing is nothing, compressed or not')
  }
})

await t.test('an unknown encoding, or more than one, is refused', async (t) => {
  for (const encoding of ['zstd', 'gzip, br', 'gzip, gzip', 'identity, gzip', 'compress', 'toString']) {
    for (const body of [chat(), WHOLE]) {
      const outcome = governed.nextOutcome()
      answerWith(200, body === WHOLE ? 'application/json' : 'text/event-stream', encoding, gzipSync(whole('npm run ok')))
      const answer = await ask(governed, body)
      t.equal(answer.status, 502, encoding)
      t.equal(JSON.parse(answer.text).error.code, 'WEIR_ERR_UPSTREAM')
      t.match((await outcome).detail, { released: 0, notes: ['not-understood'] })
    }
    answerWith(400, 'application/json', encoding, gzipSync('{}'))
    t.equal((await ask(governed, chat())).status, 502)
  }
})

await t.test('a compressed answer that is cut off or damaged counts as broken, and nothing undecided passes', async (t) => {
  const events = event(textChunk('begun')) + event(callChunk([{ index: 0, id: 'a', name: 'bash', args: '{"command":"half' }]))
  const begun = await packedPieces(events)
  const answers: ReadonlyArray<(response: ServerResponse) => void> = [
    (response) => response.end(begun), // the connection ends well, the packed stream does not
    (response) => response.write(begun, () => response.destroy()),
    (response) => response.end(Buffer.concat([begun, Buffer.from('this is not compressed')])),
  ]
  for (const finish of answers) {
    upstream.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      finish(response)
    }
    const outcome = governed.nextOutcome()
    const answer = await ask(governed, chat())
    t.ok(answer.broke)
    t.notMatch(answer.text, 'half')
    t.match((await outcome).detail, { released: 0, notes: ['upstream-broke'] })
  }
  const packed = gzipSync(whole('npm run ok'))
  const wrongSum = Buffer.from(packed)
  wrongSum.writeUInt8(wrongSum.readUInt8(packed.length - 8) ^ 1, packed.length - 8)
  for (const bytes of [packed.subarray(0, -9), packed.subarray(0, -1), wrongSum]) {
    const outcome = governed.nextOutcome()
    answerWith(200, 'application/json', 'gzip', bytes)
    const answer = await ask(governed, WHOLE)
    t.equal(answer.status, 502)
    t.equal(JSON.parse(answer.text).error.code, 'WEIR_ERR_UPSTREAM')
    t.match((await outcome).detail, { released: 0, notes: ['upstream-broke'] })
  }
})

await t.test('after a call was released, damage does not break the client\'s stream', async (t) => {
  const begun = await packedPieces(event(call('a', 'npm run ok')) + event(callChunk([{ index: 1, id: 'b', name: 'bash', args: '{"command":"half' }])))
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    response.end(begun)
  }
  const answer = await ask(governed, chat())
  t.notOk(answer.broke)
  t.same(callsOf(answer.text).map(({ id }) => id), ['a'])
  t.same(finishOf(answer.text), ['tool_calls'])
  t.notMatch(answer.text, 'half')
})

await t.test('a few bytes that stand for many are cut by the limits of plain answers', async (t) => {
  const large = gzipSync(Buffer.alloc(33 * MIB, ' '))
  answerWith(200, 'application/json', 'gzip', large)
  const answer = await ask(governed, WHOLE)
  t.equal(answer.status, 502)
  t.match(answer.text, 'too large')
  const outcome = governed.nextOutcome()
  answerWith(200, 'text/event-stream', 'gzip', gzipSync(`data: ${'x'.repeat(2 * MIB)}`))
  t.match((await ask(governed, chat())).text, 'WEIR_ERR_UPSTREAM')
  t.match((await outcome).detail, { notes: ['not-understood'] })
  let closed: Promise<unknown> = Promise.resolve()
  upstream.answer = (response) => {
    closed = once(response, 'close')
    response.writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.write(large) // and it never ends
  }
  t.match(await ask(governed, chat()), { status: 502, text: /status 400/ })
  await closed
})

await t.test('the whole of a packed answer is limited, as it comes and unpacked', async (t) => {
  const empty = gzipSync('')
  const cases: ReadonlyArray<readonly [maxBytes: number, chunks: readonly Buffer[]]> = [
    [MIB, [gzipSync(Buffer.alloc(2 * MIB, '\n'))]],
    [1_000, Array.from({ length: 100 }, () => empty)], // stands for nothing, without end
  ]
  for (const [maxBytes, chunks] of cases) {
    let aborted = 0
    let plain = 0
    const source = { aborted: false, paused: false, reason: null, abort: () => { aborted += 1 }, pause: () => {}, resume: () => {} }
    const failed = new Promise<Error>((resolve) => {
      const reader: AnswerReader = {
        onRequestStart () {},
        onResponseStart () {},
        onResponseData (_source, chunk) { plain += chunk.length },
        onResponseEnd () {},
        onResponseError: (_source, error) => resolve(error),
      }
      const handler = unpackAnswer(reader, maxBytes)
      handler.onResponseStart?.(source, 200, { 'content-encoding': 'gzip' })
      for (const chunk of chunks) handler.onResponseData?.(source, chunk)
    })
    t.match(await failed, { code: 'WEIR_ERR_UPSTREAM', message: /too large/ })
    t.ok(plain <= maxBytes)
    t.ok(aborted > 0)
  }
})

await t.test('a client that leaves stops the provider at once, and one that does not read holds it up', async (t) => {
  let closed: Promise<unknown> = Promise.resolve()
  let written = 0
  const count = 400
  const noise = gzipSync(event(textChunk(Array.from({ length: 16_000 }, (_, i) => ((i * 2_654_435_761) >>> 0).toString(36)).join(''))))
  upstream.answer = (response) => {
    closed = once(response, 'close')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    const next = (): void => {
      if (written === count || response.destroyed) return
      response.write(noise, () => {
        written += 1
        next()
      })
    }
    next()
  }
  const outcome = governed.nextOutcome()
  const { request, response } = await open(governed, chat())
  response.pause()
  // A clock without time, as in failures.test.ts.
  const other = await openGovernedPlane(upstream.baseUrl)
  for (let i = 0; i < 150; i += 1) await ask(other, chat({ model: 'FORBIDDEN' }))
  await other.close()
  t.ok(written < count / 2, `${written} of ${count} pieces were taken`)
  request.destroy()
  await closed
  t.match((await outcome).detail, { notes: ['client-left'] })
})

/** The text compressed with gzip and flushed, without the end of the packed stream. */
async function packedPieces (text: string): Promise<Buffer> {
  const packer = createGzip()
  const chunks: Buffer[] = []
  packer.on('data', (chunk: Buffer) => chunks.push(chunk))
  packer.write(text)
  await new Promise<void>((resolve) => packer.flush(constants.Z_SYNC_FLUSH, resolve))
  packer.destroy()
  return Buffer.concat(chunks)
}

t.end()
