import t from 'tap'
import { providersOf } from '../../../gateway/providers/provider-config.ts'
import { openVaultOf } from '../../../gateway/vault/open-vault.ts'
import { openInProcessGateway } from '../../support/in-process-gateway.ts'
import { startScriptedProvider } from '../../support/scripted-provider.ts'

const KEY = 'gsk-canary-5d1f0a7c93'
const PRICED = { price: { perMillionInput: 1, perMillionOutput: 1 } }

// One gateway whose policy lets authors ask one of two models of groq, and nothing of anthropic.
const upstream = await startScriptedProvider()
t.teardown(() => upstream.close())
const { url, tokenFor } = await openInProcessGateway(t, {
  data: { models: { DEV: { '*': ['groq/small', 'ollama/*', 'vllm/*'] }, TEST: {}, PROD: {} } },
  before: async (config, env) => await (await openVaultOf(config, env)).set({ provider: 'groq', environment: 'DEV', app: null }, KEY, 'test'),
  settings: {
    publicUrl: 'https://weir.acme.test/',
    providers: {
      groq: { baseUrl: upstream.baseUrl, models: { small: { name: 'Small', ...PRICED }, large: PRICED } },
      ollama: { models: { qwen3: {} } },
      vllm: { baseUrl: upstream.baseUrl, models: { qwen3: {} } },
      anthropic: { models: { claude: PRICED } },
    },
  },
})
const token = tokenFor('author')
const authorization = `Bearer ${token}`

await t.test('a provider known by its id needs no format, and its address can be another', async (t) => {
  const response = await fetch(`${url}/weir/model/groq/v1/chat/completions`, {
    method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'hello' }] }),
  })
  t.equal(response.status, 200)
  t.equal(upstream.requests.at(-1)?.headers.authorization, `Bearer ${KEY}`)
  const models = await (await fetch(`${url}/weir/model/groq/v1/models`, { headers: { authorization } })).json() as { data: ReadonlyArray<{ id: string }> }
  t.same(models.data.map(({ id }) => id), ['small'])
})

await t.test('what anyone may fetch names no provider, and where a caller\'s own part is', async (t) => {
  const response = await fetch(`${url}/.well-known/opencode`)
  const text = await response.text()
  t.notMatch(text, /groq|ollama|anthropic/)
  t.match(JSON.parse(text), { remote_config: { url: 'https://weir.acme.test/weir/api/v1/opencode', headers: { authorization: 'Bearer {env:WEIR_TOKEN}' } }, config: { permission: { '*': 'ask' } } })
  t.equal((await fetch(`${url}/weir/api/v1/opencode`)).status, 401)
})

await t.test('a caller\'s own part has the models policy allows them, each in its provider\'s format', async (t) => {
  const response = await fetch(`${url}/weir/api/v1/opencode`, { headers: { authorization } })
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  const text = await response.text()
  t.notOk(text.includes(KEY) || text.includes(token))
  const own = (JSON.parse(text) as { config: { provider: object, enabled_providers: unknown } }).config
  t.same(own.enabled_providers, ['groq', 'ollama', 'vllm'])
  const listed = (id: string, name: string, model: string, shown: string): object => ({
    npm: '@ai-sdk/openai-compatible',
    name,
    options: { baseURL: `https://weir.acme.test/weir/model/${id}/v1`, apiKey: '{env:WEIR_TOKEN}' },
    models: { [model]: { name: shown, tool_call: true } },
    whitelist: [model],
  })
  t.match(own.provider, { groq: listed('groq', 'Groq', 'small', 'Small'), ollama: listed('ollama', 'Ollama', 'qwen3', 'qwen3') })
})

await t.test('a local server is asked by its name, without a key', async (t) => {
  for (const id of ['ollama', 'vllm', 'lmstudio', 'llama.cpp']) t.match(providersOf({ [id]: { models: { qwen3: {} } } })[id], { keyless: true, format: 'openai-chat' }, id)
  const response = await fetch(`${url}/weir/model/vllm/v1/chat/completions`, {
    method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'qwen3', messages: [{ role: 'user', content: 'hello' }] }),
  })
  t.equal(response.status, 200)
  const { headers } = upstream.requests.at(-1) ?? { headers: {} }
  t.notOk(Object.keys(headers).some((name) => /auth|key/.test(name)))
})

await t.test('how a provider takes its key is its own, the registry\'s or the format\'s; without a way it has none', (t) => {
  const of = (provider: object, id = 'own') => providersOf({ [id]: { format: 'openai-chat', baseUrl: 'http://x.test/v1', models: {}, ...provider } } as Parameters<typeof providersOf>[0])[id]
  t.match(of({ auth: 'api-key' }), { auth: 'api-key', keyless: false })
  t.equal(of({})?.auth, undefined)
  t.match(of({ auth: 'none' }), { keyless: true })
  t.throws(() => of({ auth: 'none', keyless: false }), { code: 'WEIR_ERR_CONFIG_INVALID', message: /auth: none/ })
  t.equal(of({}, 'minimax')?.auth, 'bearer')
  t.equal(of({ auth: 'x-api-key' }, 'minimax')?.auth, 'x-api-key')
  t.end()
})
