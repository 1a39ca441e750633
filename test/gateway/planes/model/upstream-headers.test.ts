import t from 'tap'
import { AUTH_STYLES, MODEL_FORMATS } from '../../../../adapters/model-format.ts'
import { formatsOf } from '../../../../gateway/model-formats.ts'
import { upstreamHeaders } from '../../../../gateway/planes/model/upstream-headers.ts'
import { CLIENT_HEADER_LIMITS } from '../../../../adapters/client-headers.ts'
import { MAX_QUERY_CHARS } from '../../../../adapters/client-query.ts'
import { startFakeUpstream } from './fake-upstream.ts'
import { ask, chat, KEY_CANARY, openGovernedPlane } from './governed-plane.ts'

const client = { authorization: 'Bearer client', 'x-api-key': 'client', 'api-key': 'client', cookie: 'a=b' }
const headersOf = (lines: readonly string[]): Record<string, string> => Object.fromEntries(Array.from({ length: lines.length / 2 }, (_, at) => [lines[2 * at] ?? '', lines[2 * at + 1] ?? '']))

await t.test('a key goes in the header that the provider is configured with, else in that of its format, and in no other', (t) => {
  const expected = { bearer: { authorization: 'Bearer k' }, 'x-api-key': { 'x-api-key': 'k' }, 'x-goog-api-key': { 'x-goog-api-key': 'k' }, 'api-key': { 'api-key': 'k' }, none: {} }
  for (const name of MODEL_FORMATS) {
    const [format] = formatsOf(name)
    for (const auth of [undefined, ...AUTH_STYLES]) {
      const headers = headersOf(upstreamHeaders({ asked: { stream: false }, format, config: auth === undefined ? {} : { auth }, key: 'k', passed: format.headers(client) }))
      const own = Object.fromEntries(Object.entries(headers).filter(([header, value]) => /auth|key|cookie/.test(header) || /\bk$/.test(value)))
      t.same(own, expected[auth ?? format.auth], `${name} ${auth}`)
    }
    t.notMatch(JSON.stringify(upstreamHeaders({ asked: { stream: true }, format, config: { auth: 'bearer' }, key: null, passed: format.headers(client) })), /auth|key/)
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

// What each format's clients say beside the body; of the rest nothing may go on, under whatever prefix.
const SAID = {
  'openai-chat': { path: 'chat/completions', flags: { 'openai-beta': 'assistants=v2', 'openai-intent': 'edits' }, query: 'api-version=2025-04-01-preview' },
  'openai-responses': { path: 'responses', flags: { 'openai-beta': 'responses=v1' }, query: 'api-version=preview' },
  anthropic: { path: 'messages', flags: { 'anthropic-beta': 'a-1,b-2', 'anthropic-version': '2024-01-01', 'anthropic-new-flag': 'x' }, query: 'beta=true' },
  gemini: { path: 'models/m1:generateContent', flags: { 'x-goog-api-client': 'sdk/1', 'x-server-timeout': '30' }, query: '' },
} as const
const UNSAID = Object.fromEntries([
  'cookie', 'forwarded', 'x-forwarded-for', 'x-session-id', 'openai-organization', 'openai-project', 'openai-api-key', 'anthropic-organization-id', 'anthropic-workspace-id', 'anthropic-auth-token',
  'x-goog-user-project', 'x-goog-iam-authorization-token', 'x-goog-fieldmask', 'x-goog-authenticated-user-id', 'idempotency-key',
].map((name) => [name, 'NOT-ON']))

await t.test('flags and known parameters reach the provider in each format; credentials, accounts and what is unknown do not', async (t) => {
  const upstream = await startFakeUpstream()
  const providers = Object.fromEntries(MODEL_FORMATS.map((format) => [format, { format, baseUrl: upstream.baseUrl, models: { m1: {} } }]))
  const governed = await openGovernedPlane(upstream.baseUrl, { providers })
  t.teardown(async () => {
    await governed.close()
    upstream.close()
  })
  const say = async (name: keyof typeof SAID, query: string, headers: Readonly<Record<string, string>>) =>
    await ask(governed, chat({ stream: false, stream_options: undefined }), { path: `/weir/model/${name}/v1/${SAID[name].path}?${query}`, headers })
  for (const name of MODEL_FORMATS) {
    const { path, flags, query } = SAID[name]
    await say(name, `key=NOT-ON&alt=json&${query}&fields=NOT-ON&%24userProject=NOT-ON&${query}`, { ...flags, ...UNSAID })
    const { url, headers } = upstream.seen.at(-1) ?? { url: '', headers: {} }
    t.match(headers, flags, name)
    t.equal(url, `/v1/${path}${query === '' ? '' : `?${query}`}`)
    t.notMatch(JSON.stringify([url, headers]), 'NOT-ON', name)
  }
  const asked = upstream.seen.length
  t.equal((await say('anthropic', 'beta=false', {})).status, 200)
  t.equal(upstream.seen.at(-1)?.url, '/v1/messages')
  const many = Object.fromEntries(Array.from({ length: CLIENT_HEADER_LIMITS.headers }, (_, at) => [`anthropic-flag-${at}`, 'x']))
  const refused = [
    await say('anthropic', '', { 'anthropic-beta': 'a'.repeat(CLIENT_HEADER_LIMITS.valueChars + 1) }), await say('anthropic', '', { 'anthropic-beta': 'gr\u00fcn' }),
    await say('anthropic', '', { ...many, 'anthropic-beta': 'a' }), await say('anthropic', `beta=true&x=${'x'.repeat(MAX_QUERY_CHARS)}`, {}),
  ]
  t.same(refused.map(({ status }) => status), [400, 400, 400, 400])
  t.equal(upstream.seen.length, asked + 1)
})
