import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { anthropic } from '../../../../adapters/anthropic/format.ts'
import { passHeaders } from '../../../../gateway/planes/model/answer-headers.ts'
import { createRedactor } from '../../../../gateway/planes/model/key-redactor.ts'
import { event, finishChunk, startFakeUpstream, textChunk } from './fake-upstream.ts'
import { ask, chat, KEY_CANARY, openGovernedPlane, type Answer } from './governed-plane.ts'

const upstream = await startFakeUpstream()
const governed = await openGovernedPlane(upstream.baseUrl, { provider: { retries: { attempts: 1, deadlineMs: 1_000, maxWaitMs: 1_000 } } })
t.after(async () => {
  await governed.close()
  upstream.close()
})

const WHOLE = JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] })
const STREAMED = event(textChunk('hi')) + event(finishChunk('stop')) + event('[DONE]')
const USED = {
  'x-request-id': 'req_1', 'openai-processing-ms': '12', 'openai-version': '2020-10-01', 'x-ratelimit-limit-requests': '60', 'x-ratelimit-reset-tokens': '6m0s', 'retry-after': '7',
}
const UNUSED = {
  'set-cookie': 'a=b',
  server: 'x',
  'cf-ray': 'x',
  'openai-organization': 'acme',
  'openai-project': 'p',
  'x-accel-redirect': '/x',
  'content-security-policy': 'x',
  link: 'x',
  'access-control-allow-origin': '*',
  'www-authenticate': 'Basic',
  location: 'http://x',
  'anthropic-ratelimit-requests-limit': '5',
}

// Three kinds of answers: whole, as a stream, and an error.
async function answers (t: Pick<Test, 'equal'>, headers: OutgoingHttpHeaders): Promise<Answer[]> {
  const kinds = [['application/json', WHOLE, 200], ['text/event-stream', STREAMED, 200], ['application/json', '{"error":{}}', 429]] as const
  const all: Answer[] = []
  for (const [type, body, status] of kinds) {
    upstream.answer = (response) => {
      response.writeHead(status, { 'content-type': type, ...headers })
      response.end(body)
    }
    const answer = await ask(governed, chat({ stream: type === 'text/event-stream' }))
    t.equal(answer.status, status)
    all.push(answer)
  }
  return all
}

await t.test('what clients use of a provider\'s headers is passed on, and nothing else', async (t) => {
  const plain = await answers(t, {})
  for (const [at, { headers }] of (await answers(t, { ...USED, ...UNUSED })).entries()) {
    t.match(headers, USED)
    t.same(Object.keys(headers).filter((name) => !Object.hasOwn(USED, name)).sort(), Object.keys(plain[at]?.headers ?? {}).sort())
  }
})

await t.test('a value that is long, empty, not plain text or sent twice is left out', async (t) => {
  for (const value of ['x'.repeat(257), '', 'caf\u00e9', 'a\tb', ['a', 'b']]) {
    for (const { headers } of await answers(t, { 'x-ratelimit-a': value, 'openai-version': '1' })) t.match({ ...headers, has: 'x-ratelimit-a' in headers }, { has: false, 'openai-version': '1' })
  }
  for (const { headers } of await answers(t, { [`x-ratelimit-${'a'.repeat(64)}`]: '1' })) t.notOk(Object.keys(headers).some((name) => name.startsWith('x-ratelimit-')))
})

await t.test('a provider that writes the key into one of them has none passed on', async (t) => {
  for (const { headers } of await answers(t, { 'x-request-id': `for ${KEY_CANARY}`, 'openai-version': '1' })) {
    t.notMatch(JSON.stringify(headers), KEY_CANARY)
    t.notOk('openai-version' in headers)
  }
  for (const { headers } of await answers(t, { [`x-ratelimit-${KEY_CANARY}`]: '1' })) t.notMatch(JSON.stringify(headers), KEY_CANARY)
})

await t.test('an answer that is not understood still tells its request\'s id', async (t) => {
  upstream.answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_2' })
    response.end('{')
  }
  const answer = await ask(governed, chat({ stream: false }))
  t.equal(answer.status, 502)
  t.equal(answer.headers['x-request-id'], 'req_2')
})

await t.test('whatever a provider sends, what passes is known, plain and without the key', async () => {
  const part = fc.constantFrom('request-id', 'anthropic-ratelimit-', 'anthropic-ratelimit-tokens', KEY_CANARY, 'x', '\r\n', '\u00e9', ' ')
  const text = fc.array(fc.oneof(part, fc.string()), { maxLength: 4 }).map((parts) => parts.join(''))
  const headers = fc.dictionary(text, fc.oneof(text, fc.array(text)))
  fc.assert(fc.property(headers, (given) => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    passHeaders(response, given, { known: anthropic.answerHeaders, redact: createRedactor(KEY_CANARY) })
    return Object.entries(response.getHeaders()).every(([name, value]) =>
      /^(request-id|retry-after|anthropic-ratelimit-[a-z0-9-]*)$/.test(name) && /^[ -~]{1,256}$/.test(String(value)) && !`${name} ${String(value)}`.includes(KEY_CANARY))
  }))
})

t.end()
