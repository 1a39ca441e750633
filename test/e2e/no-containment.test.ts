import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openBrowser } from '../support/browser.ts'
import { opencodeRun } from '../support/opencode-client.ts'
import { startGateway, weir, writeConfig } from '../support/gateway-process.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

t.setTimeout(900_000) // a machine under load, not a measure
const FLAG = '--unsafe-run-agents-without-a-sandbox'
const stage = await openStage(t, { agent: { sandbox: 'none' } }, [FLAG])
const author = stage.tokenFor('author', 'alice@acme.test')

/** Why a gateway does not start; null when it does. */
async function refusal (settings: object, flags: readonly string[]): Promise<string | null> {
  const dir = join(stage.dir, 'other')
  const env = { WEIR_UNSAFE_RUN_AGENTS_WITHOUT_A_SANDBOX: '1', WEIR_UNSAFE_NO_SANDBOX: 'true', WEIR_AGENT_SANDBOX: 'none' }
  try {
    await (await startGateway(writeConfig(dir, { dataDir: join(dir, 'data'), ...settings }), env, 0, [], flags)).end('SIGTERM')
    return null
  } catch (error) {
    return String(error)
  }
}

await t.test('it takes the configuration and the command line: neither alone starts, and no variable does', async (t) => {
  t.match(await refusal({ agent: { sandbox: 'none' } }, []), new RegExp(`WITHOUT A SANDBOX[^]*${FLAG}`))
  t.match(await refusal({}, [FLAG]), /is for agent\.sandbox: none/)
  t.match(await refusal({ agent: { sandbox: 'none' }, unsafeNoSandbox: true }, []), 'unsafeNoSandbox')
})

await t.test('a whole turn runs: every call is still decided, and the change is committed', async (t) => {
  stage.provider.script('WITHOUT-WALLS', [
    { calls: [['read', { filePath: '/workspace/README.md' }]] },
    { calls: [['bash', { command: "echo 'export const hello = 1' > src/hello.js && wc -l src/hello.js", description: 'write' }]] },
    { calls: [['bash', { command: 'cat /etc/passwd', description: 'look' }]] },
    { text: 'Written.' },
  ])
  const run = await opencodeRun(stage.gateway.url, author, join(stage.dir, 'home'), 'WITHOUT-WALLS')
  t.equal(run.code, 0, run.stderr)
  t.match(run.stdout, /Written/)
  const results = toolResults(stage.provider.requests.findLast((request) => request.body.tools !== undefined))
  t.match(results, /A shop with a cart/)
  t.match(results, /1 src\/hello\.js/)
  t.notMatch(results, 'root:', 'the rules say no, where there is no wall')
  // One round trip through the gateway between two looks.
  while (!stage.git('log', '--all', '--name-only', '--format=').includes('src/hello.js')) await stage.call('GET', '/session/status', author)
})

await t.test('start-up, health, readiness and doctor say so', async (t) => {
  t.match(stage.gateway.log(), 'WITHOUT A SANDBOX')
  for (const path of ['/weir/health', '/weir/ready']) t.match(JSON.parse((await stage.call('GET', path, author)).text), { containment: 'none' }, path)
  t.match(weir(['doctor', '--config', stage.configFile]).stdout, /BAD {2}sandbox +none: .*WITHOUT A SANDBOX/)
})

await t.test('the console says so on every page, to who looks at it', async (t) => {
  const page = await (await (await openBrowser(t)).profile()).newPage()
  page.setDefaultTimeout(120_000) // a machine under load, not a measure
  const banner = page.getByRole('alert').filter({ hasText: 'without a sandbox' })
  await page.goto(`${stage.gateway.url}/weir/console`)
  await page.getByLabel('Token').fill(stage.tokenFor('operator'))
  await page.getByRole('button', { name: 'Sign in' }).click()
  const views = page.getByRole('navigation').getByRole('link')
  await views.first().waitFor()
  const names = await views.allInnerTexts()
  t.ok(names.length > 5)
  for (const name of names) {
    await views.filter({ hasText: name }).first().click()
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await banner.waitFor()
    t.match(await banner.innerText(), 'containment: none', name)
  }
  // What a gateway with walls says of itself.
  await page.route('**/weir/health', (route) => route.fulfill({ json: { status: 'ok' } }))
  const asked = page.waitForResponse('**/weir/health')
  await page.reload()
  await (await asked).finished()
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  t.equal(await banner.count(), 0)
})

await t.test('nothing starts for TEST and PROD, nor is a call allowed there', async (t) => {
  for (const environment of ['TEST', 'PROD'] as const) {
    const { token } = openIdentity(stage.dataDir, Date.now).provider.issue({ actor: 'bob@acme.test', role: 'author', groups: [], org: 'acme', app: 'shop', environment, ttlMs: 3_600_000 })
    const started = await stage.call('GET', '/session', token)
    t.equal(started.status, 403)
    t.match(started.text, 'containment.missing', environment)
    const decided = await stage.call('POST', '/weir/api/v1/decisions', token, { protocol: 'opencode', tool: 'read', args: { filePath: '/workspace/README.md' }, cwd: '/workspace' })
    t.match(JSON.parse(decided.text), { decision: { verdict: 'deny' } })
    t.match(decided.text, 'containment.missing')
  }
})

await t.test('every entry says so, in every form that it leaves in, and the ledger verifies', async (t) => {
  await stage.restart()
  const entries = await stage.ledger()
  t.same(entries.filter(({ containment }) => containment !== 'none'), [])
  t.ok(['decision', 'outcome', 'event'].every((kind) => entries.some((entry) => entry.kind === kind)))
  t.ok(entries.every((entry) => entry.kind !== 'decision' || entry.input.containment === 'none'), 'and rules are told')
  const shown = async (format: string): Promise<string[]> => (await stage.call('GET', `/weir/api/v1/audit?format=${format}&limit=20`, stage.tokenFor('operator'))).text.trimEnd().split('\n')
  const [head = '', ...rows] = await shown('csv')
  t.ok(head.endsWith(',containment'))
  t.ok(rows.length > 0 && rows.every((row) => row.endsWith(',none')))
  for (const format of ['ocsf', 'cloudevents']) t.ok((await shown(format)).every((line) => JSON.stringify({ ...JSON.parse(line), raw_data: '', data: '' }).includes('"containment":"none"')), format)
  const verified = weir(['audit', 'verify', '--data-dir', stage.dataDir, '--json'])
  t.equal(verified.code, 0, verified.stderr)
  t.equal(spawnSync(process.execPath, [join(packageRoot(), 'examples/verify-ledger/verify-ledger.mjs'), '--key', weir(['audit', 'key', '--data-dir', stage.dataDir]).stdout.trim(), stage.dataDir]).status, 0)
})
