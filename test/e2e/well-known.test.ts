import { join } from 'node:path'
import t from 'tap'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { runOpencode } from '../support/opencode-client.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

// A developer's own OpenCode, outside any sandbox, that knows the gateway's address and has a token.
const upstream = await startScriptedProvider('anthropic')
t.teardown(() => upstream.close())
const models = { price: { perMillionInput: 1, perMillionOutput: 1 } }
const { url, dir, tokenFor } = await openInProcessGateway(t, {
  data: { models: { DEV: { '*': ['anthropic/claude', 'groq/small'] }, TEST: {}, PROD: {} } },
  settings: { providers: { groq: { models: { small: models, large: models } }, anthropic: { baseUrl: upstream.baseUrl, keyless: true, models: { claude: models } }, mistral: { models: { codestral: models } } } },
})
const token = tokenFor('author')

await t.test('after a login the real OpenCode has the models that policy allows the caller, and no others', async (t) => {
  const home = join(dir, 'home')
  const login = await runOpencode(home, ['auth', 'login', url], { WEIR_TOKEN: token })
  t.equal(login.code, 0, `${login.stdout}${login.stderr}`)
  const listed = await runOpencode(home, ['models'])
  t.same(listed.stdout.trim().split('\n').sort(), ['anthropic/claude', 'groq/small'], listed.stderr)
})

await t.test('it asks a model in its provider\'s own format, through the gateway', async (t) => {
  upstream.script('SAY-SO', [{ text: 'So it is.' }])
  const run = await runOpencode(join(dir, 'home'), ['run', '--model', 'anthropic/claude', '--', 'SAY-SO'])
  t.match(run.stdout, /So it is/, run.stderr)
  t.ok(upstream.requests.some(({ url }) => url.endsWith('/messages')))
  t.notOk(JSON.stringify(upstream.requests.map(({ headers }) => headers)).includes(token))
})

await t.test('a sandboxed agent knows the same models', async (t) => {
  const response = await fetch(`${url}/config`, { headers: { authorization: `Bearer ${token}` } })
  t.equal(response.status, 200)
  const own = await response.json() as { provider: Readonly<Record<string, { models: object }>>, model: string }
  t.same(Object.entries(own.provider).map(([id, { models }]) => [id, Object.keys(models)]), [['groq', ['small']], ['anthropic', ['claude']]])
  t.equal(own.model, 'groq/small')
})
