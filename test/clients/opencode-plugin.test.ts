import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { shortDir } from '../support/gateway-process.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { ledgerOf } from '../support/ledger-of.ts'
import { runOpencode } from '../support/opencode-client.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { toolResults } from '../support/weir-stage.ts'

const provider = await startScriptedProvider()
t.teardown(() => provider.close())
const gateway = await openInProcessGateway(t, {})
const home = shortDir(t)
const work = join(home, 'work')
mkdirSync(work)
writeFileSync(join(work, '.env'), 'SHOP_SECRET=do-not-show\n')
writeFileSync(join(work, 'show.js'), 'console.log("token:" + process.env.WEIR_TOKEN + ".")\n')
const models = join(home, 'models.json')
writeFileSync(models, '{}') // the catalogue it brings costs seconds to read
symlinkSync('.env', join(work, 'settings.md'))

// Everything is allowed by OpenCode itself, so that what is refused is refused by the plugin. The provider is asked past the gateway.
const CONFIG = JSON.stringify({
  plugin: [join(packageRoot(), 'dist', 'adapters', 'opencode-plugin', 'weir.js')],
  permission: { '*': 'allow', external_directory: 'allow' },
  provider: { own: { npm: '@ai-sdk/openai-compatible', options: { baseURL: provider.baseUrl, apiKey: 'x' }, models: { m: { tool_call: true } } } },
  enabled_providers: ['own'],
  model: 'own/m',
  small_model: 'own/m',
})

type Test = Pick<typeof t, 'equal'>

async function run (t: Test, prompt: string): Promise<string> {
  const { code, stderr } = await runOpencode(home, ['run', '--', prompt], { OPENCODE_CONFIG_CONTENT: CONFIG, OPENCODE_MODELS_PATH: models, WEIR_URL: gateway.url, WEIR_TOKEN: gateway.tokenFor('author') })
  t.equal(code, 0, stderr)
  return toolResults(provider.requests.findLast((request) => request.body.tools !== undefined))
}

await t.test('a tool of the real OpenCode runs when policy allows it, and otherwise gives the reason to the model, which goes on', async (t) => {
  provider.script('WORK', [
    { calls: [['write', { filePath: join(work, 'notes.md'), content: 'noted\n' }]] }, { calls: [['bash', { command: 'node show.js', description: 'look' }]] },
    { calls: [['bash', { command: `cat ${work}/notes.md`, description: 'look' }]] }, { calls: [['read', { filePath: join(work, '.env') }]] }, { calls: [['read', { filePath: join(work, 'settings.md') }]] },
    { calls: [['read', { filePath: '/etc/hostname' }]] }, { calls: [['bash', { command: 'ls /workspace', description: 'look' }]] }, { text: 'Done.' },
  ])
  const results = await run(t, 'WORK')
  t.match(results, /Wrote file/)
  t.match(results, /noted/)
  t.match(results, /token:\./, 'what the agent starts is not handed the token')
  t.equal(results.match(/\.env holds secrets/g)?.length, 2, 'by its name and by a link to it')
  t.match(results, /outside the workspace/)
  t.match(results, /cannot be told from the project/)
  t.notMatch(results, /SHOP_SECRET|eyJ/)
  const decided = (await ledgerOf(gateway.dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.tool?.protocol === 'opencode' ? [entry.decision.verdict] : [])
  t.same(new Set(decided), new Set(['allow', 'deny']))
})

await t.test('without its gateway no tool runs', async (t) => {
  await gateway.close()
  provider.script('ALONE', [{ calls: [['write', { filePath: join(work, 'alone.md'), content: 'x' }]] }, { text: 'Done.' }])
  t.match(await run(t, 'ALONE'), /could not ask its gateway/)
  t.notOk(existsSync(join(work, 'alone.md')))
})
