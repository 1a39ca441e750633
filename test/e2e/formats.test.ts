import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { MODEL_FORMATS, type ModelFormatName } from '../../adapters/model-format.ts'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { SECRETS } from '../gateway/outgoing/secrets.ts'
import { shortDir, startGateway, weir, writeConfig } from '../support/gateway-process.ts'
import { ledgerOf, settledLedgerOf } from '../support/ledger-of.ts'
import { opencodeRun } from '../support/opencode-client.ts'
import { startScriptedProvider, type ScriptedProvider } from '../support/scripted-provider.ts'

// One gateway, one sandboxed agent and four providers: starting the real agent costs seconds.
const dir = shortDir(t)
const dataDir = join(dir, 'data')
const providers = new Map<string, ScriptedProvider>()
for (const format of MODEL_FORMATS) providers.set(format, await startScriptedProvider(format))
const policies = join(dir, 'policies')
cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
const configFile = writeConfig(dir, {
  dataDir,
  policies,
  apps: { shop: { project: makeProject(join(dir, 'shop')) } },
  providers: Object.fromEntries(MODEL_FORMATS.map((format) => [format, { format, baseUrl: providers.get(format)?.baseUrl, models: { 'model-1': { price: { perMillionInput: 3, perMillionOutput: 15 } } } }])),
})
const keyOf = (format: string): string => `key-of-${format}-4f9c2e7d81b6`
for (const format of MODEL_FORMATS) weir(['keys', 'set', format, '--env', 'DEV', '--data-dir', dataDir], { input: keyOf(format) })
const gateway = await startGateway(configFile, { WEIR_LOG_LEVEL: 'info' })
t.teardown(async () => {
  await gateway.end('SIGTERM')
  for (const provider of providers.values()) await provider.close()
})
const { token } = openIdentity(dataDir, Date.now).provider.issue({ actor: 'alice@acme.test', role: 'author', groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 })

for (const format of MODEL_FORMATS) {
  await t.test(`${format}: the agent reads, is refused a command, and the model's next request says why`, async (t) => {
    const provider = providers.get(format) as ScriptedProvider
    provider.script('LOOK-AROUND', [
      { calls: [['read', { filePath: '/workspace/README.md' }]] },
      { calls: [['bash', { command: 'echo A=1 > .env', description: 'write' }]] },
      { text: 'It is a shop.' },
    ])
    const run = await opencodeRun(gateway.url, token, join(dir, 'home'), 'LOOK-AROUND', ['--model', `${format}/model-1`])
    t.equal(run.code, 0, run.stderr)
    t.match(run.stdout, /It is a shop/)
    const { turns } = provider.requests.findLast(({ body }) => body.tools !== undefined) ?? { turns: [] }
    const results = turns.filter(({ speaker }) => speaker === 'tool').map(({ text }) => text)
    t.equal(results.length, 2)
    t.match(results[0], /A shop with a cart/)
    const decided = (await entries()).filter((entry) => entry.kind === 'decision' && entry.plane === 'model').findLast((entry) => entry.kind === 'decision' && entry.input.tool?.native === 'bash')
    t.match(decided, { decision: { verdict: 'deny' } })
    t.match(results[1], decided?.kind === 'decision' ? JSON.stringify(decided.decision.feedback).slice(1, 40) : 'no decision')
  })

  await t.test(`${format}: an answer that ends for a reason that nobody knows is asked for once`, async (t) => {
    const provider = providers.get(format) as ScriptedProvider
    provider.script('END-ODDLY', [{ text: 'So far.', end: 'NOVELTY' }])
    const asked = (): number => provider.requests.filter(({ body, turns }) => body.tools !== undefined && JSON.stringify(turns).includes('END-ODDLY')).length
    const run = await opencodeRun(gateway.url, token, join(dir, 'home'), 'END-ODDLY', ['--model', `${format}/model-1`])
    t.equal(run.code, 0, run.stderr)
    t.match(run.stdout, /So far/)
    t.equal(asked(), 1)
  })

  await t.test(`${format}: the provider gets its own key in its own way, and no token of the gateway's`, (t) => {
    for (const { headers, url } of providers.get(format)?.requests ?? []) {
      t.ok(Object.values(headers).some((value) => value === keyOf(format) || value === `Bearer ${keyOf(format)}`))
      t.notOk(JSON.stringify([headers, url]).includes(token))
      t.same(['authorization', 'x-api-key', 'x-goog-api-key'].filter((name) => name in headers).length, 1)
    }
    t.end()
  })
}

await t.test('what each provider said it used is in the ledger, under the caller, and counted', async (t) => {
  const records = (await settledLedgerOf(dataDir, ({ input }) => input.kind === 'model-request')).flatMap((entry) => entry.kind === 'outcome' ? [entry.detail['usage'] as Readonly<Record<string, unknown>> | undefined] : [])
  const usage = weir(['usage', '--data-dir', dataDir, '--group', 'provider,actor', '--format', 'json'])
  t.equal(usage.code, 0, usage.stderr)
  for (const format of MODEL_FORMATS) {
    const outcomes = records.filter((record) => record?.['provider'] === format)
    t.ok(outcomes.length >= 3, format)
    t.ok(outcomes.every((record) => record?.['inputTokens'] === 100 && record['outputTokens'] === 10 && record['estimated'] === false), format)
    t.match(usage.stdout, format)
  }
  t.match(usage.stdout, 'alice@acme.test')
})

const REFUSALS: Readonly<Record<string, { readonly rule: RegExp, readonly section: string, readonly data: object, readonly prompt?: string, readonly formats?: readonly ModelFormatName[] }>> = {
  'a blocked prompt': { rule: /^outgoing\.blocked$/, section: 'outgoing', data: { actions: { '*': { DEV: { secret: 'block', unscanned: 'block' } } } }, prompt: `SAY-SO ${SECRETS[0]?.text ?? ''}` },
  'a model that is no longer allowed': { rule: /^models\./, section: 'models', data: { DEV: { '*': ['gemini/*'] }, TEST: {}, PROD: {} } },
  'a budget that is used up': { rule: /^budgets\./, section: 'budgets', data: { nothing: { per: ['actor'], limits: { requests_per_day: 0 } } }, formats: MODEL_FORMATS },
}

for (const [what, { rule, section, data, prompt = 'SAY-SO', formats = ['openai-chat'] }] of Object.entries(REFUSALS)) {
  await t.test(`${what}: the real agent is told so and asks exactly once`, async (t) => {
    const loaded = gateway.log().split('"policy loaded"').length
    mkdirSync(join(policies, 'weir/data', section), { recursive: true })
    writeFileSync(join(policies, 'weir/data', section, 'data.json'), JSON.stringify(data))
    while (gateway.log().split('"policy loaded"').length === loaded) {
      if (gateway.log().includes('new policy not taken')) throw new Error(gateway.log())
      await once(gateway.child.stderr ?? gateway.child, 'data')
    }
    for (const format of formats) {
      const [before, asked] = [(await entries()).length, providers.get(format)?.requests.length]
      // An agent that repeated what was refused would never end.
      const run = await opencodeRun(gateway.url, token, join(dir, 'home'), prompt, ['--model', `${format}/model-1`])
      const refused = (await entries()).slice(before).flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'model-request' ? [entry] : [])
      t.ok(refused.length > 0, format)
      for (const { decision } of refused) t.match(decision, { verdict: 'deny', rule })
      // A new conversation asks for its answer and for its title; the two differ in size, what is repeated would not.
      const sizes = refused.map(({ input }) => input.model?.bytes)
      t.same(sizes, [...new Set(sizes)])
      t.ok(refused.length <= 2)
      t.equal(providers.get(format)?.requests.length, asked, format)
      const said = `${run.stdout}${run.stderr}`
      t.ok(refused.some(({ decision }) => said.includes(decision.feedback.slice(0, 30))), said)
    }
  })
}

async function entries (): Promise<LedgerEntry[]> {
  return await ledgerOf(dataDir)
}

function makeProject (folder: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'README.md'), '# Shop\n\nA shop with a cart.\n')
  const git = (...args: string[]): void => { execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@acme.test', ...args], { stdio: 'ignore' }) }
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
  return folder
}

t.end()
