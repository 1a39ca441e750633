import fc from 'fast-check'
import t from 'tap'
import { gemini } from '../../../adapters/gemini/format.ts'
import { usageFromGemini } from '../../../adapters/gemini/usage.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { allow, cutAt, denyBash, payloadsOf, runStream } from '../run-stream.ts'

const event = (value: unknown, end = '\n\n'): string => `data: ${JSON.stringify(value)}${end}`
const parts = (list: readonly unknown[], rest: Readonly<Record<string, unknown>> = {}): string => event({ candidates: [{ content: { parts: list, role: 'model' }, index: 0, ...rest }], modelVersion: 'm' })
const bash = { functionCall: { id: 'a', name: 'bash', args: { command: 'SECRET rm' } }, thoughtSignature: 'sig' }
const read = { functionCall: { name: 'read', args: { filePath: 'ok' } } }

const RECORDED = [
  parts([{ text: 'Thinking', thought: true }]),
  parts([{ text: 'Grüße 😀' }]).replace('\n\n', '\r\n\r\n'),
  parts([bash, read]),
  event({ candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 6, thoughtsTokenCount: 2 } }),
].join('')
const bytes = Buffer.from(RECORDED)
const secret = /SECRET|rm/
const run = (...texts: string[]) => runStream(gemini, [Buffer.from(texts.join(''))], { rule: denyBash })

await t.test('a cut at any byte changes neither the decisions nor what is released', async (t) => {
  for (const rule of [denyBash, allow]) {
    const whole = await runStream(gemini, [bytes], { rule, secret })
    t.same(whole.calls.map(({ native, argumentsText }) => [native, argumentsText]), [['bash', '{"command":"SECRET rm"}'], ['read', '{"filePath":"ok"}']])
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const seen = await runStream(gemini, cutAt(bytes, cut), { rule, secret })
      if (seen.out !== whole.out || seen.calls.length !== 2) t.fail(`cut at ${cut}`)
    }
    t.equal((await runStream(gemini, [...bytes].map((byte) => Buffer.from([byte])), { rule, secret })).out, whole.out, 'one byte at a time')
  }
  t.equal((await runStream(gemini, [bytes], { rule: allow })).out, RECORDED.replaceAll('\r', ''), 'an allowed stream keeps its bytes')
})

await t.test('a refused call becomes the tool invalid, or text, beside the ones that stay', async (t) => {
  const [, , third] = payloadsOf((await run(RECORDED)).out)
  t.match(third.candidates[0].content.parts, [{ functionCall: { id: 'a', name: 'invalid', args: { tool: 'bash', error: 'no' } }, thoughtSignature: 'sig' }, read])
  const text = await runStream(gemini, [bytes], { rule: denyBash, style: 'text', secret })
  t.match(payloadsOf(text.out)[2].candidates[0].content.parts, [{ text: /bash was not passed on/ }, read])
})

await t.test('a stream that breaks after a released call is ended, before one it breaks', async (t) => {
  t.match((await runStream(gemini, [Buffer.from(parts([read]))], { breaks: true })).out, /"finishReason":"STOP"/)
  t.notMatch((await runStream(gemini, [Buffer.from(parts([{ text: 'x' }]))], { breaks: true })).out, /finishReason/)
  const failed = await run(parts([read]), event({ error: { code: 503, message: 'x' } }))
  t.notMatch(failed.out, /503/)
  t.match((await run(event({ error: { code: 503, message: 'x' } }))).out, /503/)
})

await t.test('an answer without a word says so', async (t) => {
  t.match((await run('')).out, /empty answer.*"STOP"/)
})

await t.test('what could hide a call ends the stream', async (t) => {
  for (const hostile of [
    parts([{ function_call: bash.functionCall }]),
    parts([{ FunctionCall: bash.functionCall }]),
    parts([{ runThis: { name: 'bash' } }]),
    parts([{ functionCall: { name: 'bash', partialArgs: [] } }]),
    parts([{ functionCall: { name: 'bash', willContinue: true } }]),
    parts([{ functionCall: { name: 7 } }]),
    parts([{ functionCall: { name: 'bash', args: 'rm' } }]),
    event({ Candidates: [] }),
    event({ candidates: [{ Content: {} }] }),
    event({ candidates: [{ content: { Parts: [bash] } }] }),
    event([]),
    'data: x\n\n',
  ]) await t.rejects(run(hostile), { code: 'WEIR_ERR_UPSTREAM' }, hostile)
})

await t.test('of a payload with a doubled member the client reads what was decided', async (t) => {
  const { calls, out } = await run('data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"bash","name":"read","args":{}}}]}}]}\n\n')
  t.match(calls, [{ native: 'read' }])
  t.notMatch(out, /bash/)
})

await t.test('whatever a provider sends, no call leaves that was not allowed', async () => {
  const part = fc.oneof(fc.constantFrom<unknown>(bash, read, { text: 'x' }, { function_call: bash.functionCall }), fc.jsonValue())
  const piece = fc.oneof(fc.array(part, { maxLength: 4 }).map((list) => parts(list)), fc.jsonValue().map((value) => event(value)), fc.string())
  await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
    const { out } = await runStream(gemini, [Buffer.from(pieces.join(''))], { rule: denyBash, secret: /SECRET/ }).catch((thrown: { code?: string }) => {
      if (thrown.code !== 'WEIR_ERR_UPSTREAM') throw thrown // among others: arguments left before the decision
      return { out: '' }
    })
    return !out.includes('SECRET')
  }), { numRuns: 500 })
})

await t.test('a whole answer is decided call by call, and keeps its bytes when nothing changed', async (t) => {
  const body = Buffer.from(` ${JSON.stringify({ candidates: [{ content: { parts: [{ text: 'hi' }, bash, read] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1 } })}`)
  t.equal((await gemini.governAnswer(body, async () => ({ allowed: true }), 'text')).body, body)
  const governed = await gemini.governAnswer(body, async (call) => denyBash(call), 'invalid-tool')
  t.match(JSON.parse(governed.body.toString()).candidates[0].content.parts, [{ text: 'hi' }, { functionCall: { name: 'invalid' } }, read])
  t.match(governed, { released: 1, refused: 1, chars: 2 })
})

await t.test('the model and the kind of request are in its address', async (t) => {
  const body = Buffer.from('{"contents":[],"tools":[{"functionDeclarations":[]}]}')
  t.match(gemini.read('models/gemini-3-pro:streamGenerateContent', body), { model: 'gemini-3-pro', stream: true, generates: true, path: 'models/gemini-3-pro:streamGenerateContent?alt=sse' })
  t.match(gemini.read('models/gemini-3-pro:countTokens', body), { stream: false, generates: false, countsTokens: true })
  t.match(gemini.read('models/text-embed:embedContent', body), { generates: false, countsTokens: false })
  for (const bad of ['models/x:delete', 'models/a/b:generateContent', 'models/:generateContent', 'tunedModels/x:generateContent', 'models/x']) t.notOk(gemini.serves(bad), bad)
})

await t.test('an error has Google\'s shape, and thoughts count as output', async (t) => {
  t.match(gemini.errorBody(new GatewayError('WEIR_ERR_DENIED', 'no')), { error: { code: 403, status: 'PERMISSION_DENIED', message: 'no', reason: 'WEIR_ERR_DENIED' } })
  t.match(usageFromGemini({ promptTokenCount: 5, candidatesTokenCount: 6, thoughtsTokenCount: 2, cachedContentTokenCount: 3 }, { requestBytes: 0, answerChars: 0 }),
    { inputTokens: 5, outputTokens: 8, cachedTokens: 3, reasoningTokens: 2, estimated: false })
  t.match(usageFromGemini({ promptTokenCount: 5 }, { requestBytes: 0, answerChars: 0 }), { outputTokens: 0, estimated: false })
})
