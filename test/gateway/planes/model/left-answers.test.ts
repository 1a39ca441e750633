import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import t from 'tap'
import type { Context } from '../../../../gateway/core/actor.ts'
import { createLeftAnswers, LEFT_LIMITS, type LeftAnswers } from '../../../../gateway/planes/model/left-answers.ts'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead } from './fake-upstream.ts'
import { chat, openGovernedPlane } from './governed-plane.ts'
import { openPublicDoor } from './public-door.ts'

const ALICE: Context = { plane: 'model', actor: { id: 'alice', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null, token: 'tok_1' }
const BODY = Buffer.from('the conversation')

/** An answer with these calls; `isLeft`: its client leaves. @returns what each call repeats */
function answered (left: LeftAnswers, calls: Readonly<Record<string, number>>, { context = ALICE, body = BODY, isLeft = false } = {}): ReadonlyArray<number | null> {
  const answer = left.watch(context, body)
  const repeats = Object.entries(calls).map(([digest, entry]) => answer.released(digest, entry))
  answer.ended({ notes: isLeft ? ['client-left'] : [] })
  return repeats
}

await t.test('a call of an answer that its client left is repeated by the same call of the same conversation, once', (t) => {
  const left = createLeftAnswers(() => 1)
  t.same(answered(left, { a: 1, b: 2 }, { isLeft: true }), [null, null])
  t.same(answered(left, { a: 3 }), [1])
  t.same(answered(left, { a: 4, b: 5 }), [null, 2])
  answered(left, { a: 6 })
  t.same(answered(left, { a: 7 }), [null], 'an answer that arrived is repeated by nothing')
  t.end()
})

await t.test('other conversations, tokens, actors, apps and environments repeat nothing', (t) => {
  const left = createLeftAnswers(() => 1)
  answered(left, { a: 1 }, { isLeft: true })
  t.same(answered(left, { a: 2 }, { body: Buffer.from('another') }), [null])
  const others: readonly Context[] = [{ ...ALICE, token: 'tok_2' }, { ...ALICE, actor: { ...ALICE.actor, id: 'bob' } }, { ...ALICE, actor: { ...ALICE.actor, org: 'other' } }, { ...ALICE, app: 'x' }, { ...ALICE, environment: 'PROD' }]
  for (const context of others) t.same(answered(left, { a: 2 }, { context }), [null])
  t.same(answered(left, { a: 2 }), [1])
  t.end()
})

await t.test('a call that is decided while its client leaves counts too', (t) => {
  const left = createLeftAnswers(() => 1)
  const body = Buffer.from(BODY)
  const answer = left.watch(ALICE, body)
  answer.ended({ notes: ['client-left'] })
  body.fill(0) // another request's by now
  answer.released('late', 1)
  t.same(answered(left, { late: 2 }), [1])
  t.end()
})

await t.test('what is remembered is bounded, in number and in time', (t) => {
  let now = 1
  const left = createLeftAnswers(() => now)
  const of = (token: string): Context => ({ ...ALICE, token })
  answered(left, { a: 1 }, { context: of('first'), isLeft: true })
  for (let client = 0; client < LEFT_LIMITS.clients; client += 1) answered(left, { a: 2 }, { context: of(`t${client}`), isLeft: true })
  t.same(answered(left, { a: 3 }, { context: of('first') }), [null])
  t.same(answered(left, { a: 3 }, { context: of('t0') }), [2])
  for (let at = 0; at <= LEFT_LIMITS.answers; at += 1) answered(left, { a: at }, { body: Buffer.from(`${at}`), isLeft: true })
  t.same([answered(left, { a: 9 }, { body: Buffer.from('0') }), answered(left, { a: 9 }, { body: Buffer.from('1') })], [[null], [1]])
  const many = Object.fromEntries(Array.from({ length: LEFT_LIMITS.calls + 1 }, (_, at) => [`c${at}`, at]))
  answered(left, many, { isLeft: true })
  t.equal(answered(left, many).filter((entry) => entry !== null).length, LEFT_LIMITS.calls)
  answered(left, { z: 1 }, { isLeft: true })
  now += LEFT_LIMITS.ms
  t.same(answered(left, { z: 2 }), [null])
  t.end()
})

await t.test('a client with a token that lost an answer and asks again: the second release names the first', async (t) => {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl)
  const { port, close } = await openPublicDoor(governed.plane, ALICE)
  t.teardown(async () => {
    await close()
    await governed.close()
    upstream.close()
  })
  const call = event(callChunk([{ index: 0, id: 'a', name: 'bash', args: JSON.stringify({ command: 'npm run once', description: 'x' }) }]))
  const opened = async () => {
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/weir/model/p/v1/chat/completions', headers: { authorization: 'Bearer good', 'content-type': 'application/json' } })
    request.end(chat())
    const [response] = await once(request, 'response') as [IncomingMessage]
    return { request, response }
  }
  upstream.answer = (response) => {
    streamHead(response)
    response.write(call + event(callChunk([{ index: 1, id: 'half', name: 'bash', args: '{"comm' }])))
  }
  const outcome = governed.nextOutcome()
  const { request, response } = await opened()
  await once(response, 'data')
  const first = governed.entries.length - 1
  request.destroy()
  t.match((await outcome).detail, { notes: ['client-left'], released: 1 })
  upstream.answer = (response) => {
    streamHead(response)
    response.end(call + event(finishChunk('tool_calls')) + event('[DONE]'))
  }
  for (const expected of [{ released: true, repeats: first }, { released: true }]) {
    const { response } = await opened()
    response.resume()
    await once(response, 'end')
    t.same(governed.settled.findLast(({ detail }) => detail['released'] === true)?.detail, expected)
  }
})

t.end()
