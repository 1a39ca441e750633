import t from 'tap'
import { AUTH_STYLES, MODEL_FORMATS } from '../../../../adapters/model-format.ts'
import { formatsOf } from '../../../../gateway/model-formats.ts'
import { upstreamHeaders } from '../../../../gateway/planes/model/upstream-headers.ts'
import { startFakeUpstream } from './fake-upstream.ts'
import { ask, chat, KEY_CANARY, openGovernedPlane } from './governed-plane.ts'

const client = { authorization: 'Bearer client', 'x-api-key': 'client', 'api-key': 'client', cookie: 'a=b' }
const headersOf = (lines: readonly string[]): Record<string, string> => Object.fromEntries(Array.from({ length: lines.length / 2 }, (_, at) => [lines[2 * at] ?? '', lines[2 * at + 1] ?? '']))

await t.test('a key goes in the header that the provider is configured with, else in that of its format, and in no other', (t) => {
  const expected = { bearer: { authorization: 'Bearer k' }, 'x-api-key': { 'x-api-key': 'k' }, 'x-goog-api-key': { 'x-goog-api-key': 'k' }, 'api-key': { 'api-key': 'k' }, none: {} }
  for (const name of MODEL_FORMATS) {
    const [format] = formatsOf(name)
    for (const auth of [undefined, ...AUTH_STYLES]) {
      const headers = headersOf(upstreamHeaders({ asked: { stream: false }, format, config: auth === undefined ? {} : { auth }, key: 'k', client }))
      const own = Object.fromEntries(Object.entries(headers).filter(([header, value]) => /auth|key|cookie/.test(header) || /\bk$/.test(value)))
      t.same(own, expected[auth ?? format.auth], `${name} ${auth}`)
    }
    t.notMatch(JSON.stringify(upstreamHeaders({ asked: { stream: true }, format, config: { auth: 'bearer' }, key: null, client })), /auth|key/)
  }
  t.end()
})

await t.test('a provider that takes its key otherwise than its format\'s own gets it so, and in no address', async (t) => {
  const upstream = await startFakeUpstream()
  const governed = await openGovernedPlane(upstream.baseUrl, { provider: { auth: 'api-key' } })
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  await ask(governed, chat({ stream: false, stream_options: undefined }))
  t.equal(upstream.seen[0]?.headers['api-key'], KEY_CANARY)
  t.notOk(upstream.seen[0]?.headers.authorization)
  t.notMatch(upstream.seen[0]?.url, KEY_CANARY)
})
