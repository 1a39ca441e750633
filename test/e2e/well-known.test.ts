import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../gateway/config-file.ts'
import { openGateway } from '../../gateway/gateway.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { installedAgent } from '../../gateway/sessions/installed-agent.ts'
import { shortDir, writeConfig } from '../support/gateway-process.ts'
import { clientEnv } from '../support/opencode-client.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

// A developer's own OpenCode, outside any sandbox, that knows the gateway's address and has a token.
const dir = shortDir(t)
const policies = join(dir, 'policies')
cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
writeFileSync(join(policies, 'weir/data/models/data.json'), JSON.stringify({ DEV: { '*': ['anthropic/claude', 'groq/small'] }, TEST: {}, PROD: {} }))
const upstream = await startScriptedProvider('anthropic')
const models = { price: { perMillionInput: 1, perMillionOutput: 1 } }
const file = writeConfig(dir, {
  dataDir: 'data',
  policies,
  providers: { groq: { models: { small: models, large: models } }, anthropic: { baseUrl: upstream.baseUrl, keyless: true, models: { claude: models } }, mistral: { models: { codestral: models } } },
})
const config = loadConfig({ config: file, port: 0 }, {}, dir)
mkdirSync(config.dataDir, { recursive: true })
const identity = openIdentity(config.dataDir, Date.now)
const gateway = await openGateway({ config, identity, log: pino({ level: 'silent' }), env: process.env })
t.teardown(async () => {
  await gateway.close()
  await upstream.close()
})
const url = await gateway.listen()
const { token } = identity.provider.issue({ actor: 'alice@acme.test', role: 'author', groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 })

interface Run { readonly code: number | null, readonly stdout: string, readonly stderr: string }

async function opencode (home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const own = { ...clientEnv(home, ''), OPENCODE_SERVER_PASSWORD: undefined, ...env }
  const child = spawn(installedAgent('opencode', process.env), args, { cwd: join(home, 'work'), env: own, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { output.stderr += text })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, ...output }
}

await t.test('after a login the real OpenCode has the models that policy allows the caller, and no others', { timeout: 120_000 }, async (t) => {
  const home = join(dir, 'home')
  const login = await opencode(home, ['auth', 'login', url], { WEIR_TOKEN: token })
  t.equal(login.code, 0, `${login.stdout}${login.stderr}`)
  const listed = await opencode(home, ['models'])
  t.same(listed.stdout.trim().split('\n').sort(), ['anthropic/claude', 'groq/small'], listed.stderr)
})

await t.test('it asks a model in its provider\'s own format, through the gateway', { timeout: 120_000 }, async (t) => {
  upstream.script('SAY-SO', [{ text: 'So it is.' }])
  const run = await opencode(join(dir, 'home'), ['run', '--model', 'anthropic/claude', '--', 'SAY-SO'])
  t.match(run.stdout, /So it is/, run.stderr)
  t.ok(upstream.requests.some(({ url }) => url.endsWith('/messages')))
  t.notOk(JSON.stringify(upstream.requests.map(({ headers }) => headers)).includes(token))
})

await t.test('a sandboxed agent knows the same models', { timeout: 120_000 }, async (t) => {
  const response = await fetch(`${url}/config`, { headers: { authorization: `Bearer ${token}` } })
  t.equal(response.status, 200)
  const own = await response.json() as { provider: Readonly<Record<string, { models: object }>>, model: string }
  t.same(Object.entries(own.provider).map(([id, { models }]) => [id, Object.keys(models)]), [['groq', ['small']], ['anthropic', ['claude']]])
  t.equal(own.model, 'groq/small')
})
