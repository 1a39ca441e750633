import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configJsonSchema, loadConfig } from '../../gateway/config-file.ts'
import { durationMs } from '../../gateway/duration.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { testFolder } from '../support/test-folder.ts'

await t.test('no file at all is a working set-up', async (t) => {
  const dir = testFolder(t)
  const config = loadConfig({}, {}, dir)
  t.same(config.listen, { host: '127.0.0.1', port: 4000, drainMs: 5_000, names: [] })
  t.equal(config.dataDir, join(dir, '.weir'))
  t.equal(config.policies, join(packageRoot(), 'policies'))
  t.same(Object.keys(config.apps), ['shop'])
  t.same(config.providers, {})
})

await t.test('the file is read relative to itself; the environment wins over it and the command line over both', async (t) => {
  const dir = testFolder(t, { conf: { 'weir.yaml': 'listen: { port: 5000 }\ndataDir: data\napps:\n  bank: { project: ../bank }\n' } })
  const file = join(dir, 'conf', 'weir.yaml')
  const config = loadConfig({ config: file }, {}, dir)
  t.equal(config.listen.port, 5000)
  t.equal(config.dataDir, join(dir, 'conf', 'data'))
  t.equal(config.apps['bank']?.project, join(dir, 'bank'))
  t.equal(loadConfig({ config: file }, { WEIR_PORT: '6000' }, dir).listen.port, 6000)
  t.equal(loadConfig({ config: file, port: 7000 }, { WEIR_PORT: '6000' }, dir).listen.port, 7000)
})

await t.test('attached MCP servers have defaults, names without underscores, and no plain http to the outside', async (t) => {
  const load = (mcp: string): ReturnType<typeof loadConfig> => loadConfig({ config: join(testFolder(t, { 'weir.yaml': `mcp: ${mcp}\n` }), 'weir.yaml') }, {}, '/')
  t.same(load('{ issues: { url: https://mcp.acme.test/mcp } }').mcp, { issues: { place: { kind: 'http', url: 'https://mcp.acme.test/mcp', auth: 'none', allowPrivate: false }, timeoutMs: 60_000, resultBytes: 1_048_576 } })
  t.throws(() => load('{ issues: { url: http://mcp.acme.test/mcp } }'), { code: 'WEIR_ERR_CONFIG_INVALID', message: /mcp\.issues\.url must be https/ })
  t.throws(() => load('{ is_sues: { url: https://mcp.acme.test/mcp } }'), { code: 'WEIR_ERR_CONFIG_INVALID' })
  t.throws(() => load('{ issues: { url: https://mcp.acme.test/mcp, timeout: 2h } }'), { code: 'WEIR_ERR_CONFIG_INVALID', message: /mcp\.issues\.timeout/ })
})

await t.test('an attached MCP server is an address or a command with its folder, and a command has no key', async (t) => {
  const dir = testFolder(t, { 'weir.yaml': 'mcp: { local: { command: node server.mjs, folder: mcp } }\n' })
  t.same(loadConfig({}, {}, dir).mcp?.['local']?.place, { kind: 'command', command: 'node server.mjs', folder: join(dir, 'mcp') })
  for (const [server, problem] of [
    ['{ url: https://mcp.acme.test/mcp, command: node server.mjs, folder: mcp }', /either url or command/],
    ['{ timeout: 1m }', /either url or command/],
    ['{ command: node server.mjs }', /mcp\.local\.folder is missing/],
    ['{ command: node server.mjs, folder: mcp, auth: bearer }', /auth and allowPrivate/],
    ['{ url: https://mcp.acme.test/mcp, folder: mcp }', /mcp\.local\.folder is for servers with a command/],
  ] as const) {
    const wrong = testFolder(t, { 'weir.yaml': `mcp: { local: ${server} }\n` })
    t.throws(() => loadConfig({}, {}, wrong), { code: 'WEIR_ERR_CONFIG_INVALID', message: problem }, server)
  }
})

await t.test('an unknown key is an error that names the key and the file', async (t) => {
  const dir = testFolder(t, { 'weir.yaml': 'listen: { prot: 4000 }\n' })
  t.throws(() => loadConfig({}, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID', message: /weir\.yaml: .*unknown key "listen\.prot"/ })
})

await t.test('a wrong type, broken YAML, a missing named file and a bad port are errors', async (t) => {
  const dir = testFolder(t, { 'a.yaml': 'listen: { port: many }\n', 'b.yaml': 'a: [\n', 'c.yaml': 'a: 1\na: 2\n' })
  t.throws(() => loadConfig({ config: 'a.yaml' }, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID', message: /"listen\.port"/ })
  t.throws(() => loadConfig({ config: 'b.yaml' }, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID', message: /not valid YAML/ })
  t.throws(() => loadConfig({ config: 'c.yaml' }, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID', message: /unique/ })
  t.throws(() => loadConfig({ config: 'none.yaml' }, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID', message: /no configuration file/ })
  t.throws(() => loadConfig({}, { WEIR_PORT: '99999' }, dir), { code: 'WEIR_ERR_CONFIG_INVALID' })
})

await t.test('Redis comes by the environment, with the certificates of its authority in a file', async (t) => {
  const dir = testFolder(t, { 'ca.pem': 'PEM' })
  const env = { WEIR_REDIS_URL: 'rediss://a' }
  t.same(loadConfig({}, env, dir).redis, { url: 'rediss://a', graceMs: 300_000 })
  t.same(loadConfig({}, { ...env, WEIR_REDIS_CA: join(dir, 'ca.pem') }, dir).redis, { url: 'rediss://a', graceMs: 300_000, ca: 'PEM' })
  t.throws(() => loadConfig({}, { ...env, WEIR_REDIS_CA: join(dir, 'none.pem') }, dir), { code: 'WEIR_ERR_CONFIG_INVALID', message: /WEIR_REDIS_CA/ })
})

await t.test('durations are a number and a unit', async (t) => {
  t.equal(durationMs('15m'), 900_000)
  t.equal(durationMs('7d'), 604_800_000)
  t.throws(() => durationMs('soon'), { code: 'WEIR_ERR_CONFIG_INVALID' })
})

await t.test('recordings are kept for ever, or for hours or days', async (t) => {
  t.equal(loadConfig({}, {}, testFolder(t)).terminals.keepMs, null)
  const dir = testFolder(t, { 'days.yaml': 'terminals: { keep: 90d }\n', 'none.yaml': 'terminals: { keep: 0h }\n', 'seconds.yaml': 'terminals: { keep: 30s }\n' })
  t.equal(loadConfig({ config: join(dir, 'days.yaml') }, {}, dir).terminals.keepMs, 90 * 86_400_000)
  for (const name of ['none.yaml', 'seconds.yaml']) t.throws(() => loadConfig({ config: join(dir, name) }, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID' }, name)
})

await t.test('the published schema is the one that validates', async (t) => {
  t.equal(readFileSync(join(packageRoot(), 'weir.schema.json'), 'utf8'), configJsonSchema())
})

await t.test('policies name a folder or a signed bundle, and unsigned ones only when it is said', async (t) => {
  const dir = testFolder(t, {})
  const load = (policies: unknown, env: NodeJS.ProcessEnv = {}): ReturnType<typeof loadConfig>['policies'] => {
    writeFileSync(join(dir, 'weir.yaml'), JSON.stringify({ policies }))
    return loadConfig({}, env, dir).policies
  }
  const bundle = 'https://bundles.acme.test/weir.tar.gz'
  t.equal(load('rules'), join(dir, 'rules'))
  t.strictSame(load({ bundle, publicKey: 'keys/pub.pem', token: 'env:BUNDLE_TOKEN', scope: 'prod', poll: { min: '5s', max: '10s' } }), {
    bundle,
    publicKey: join(dir, 'keys/pub.pem'),
    algorithm: 'RS256',
    keyId: null,
    scope: 'prod',
    tokenVariable: 'BUNDLE_TOKEN',
    pollMs: { min: 5_000, max: 10_000 },
    longPollSeconds: 30,
    allowUnsigned: false,
  })
  t.match(load({ bundle, publicKey: '-----BEGIN PUBLIC KEY-----\nx', algorithm: 'ES256' }), { publicKey: /^-----BEGIN/, algorithm: 'ES256' })
  t.match(load({ bundle, allowUnsigned: true }), { publicKey: null, allowUnsigned: true })
  t.equal(load({ bundle, allowUnsigned: true }, { WEIR_POLICIES: 'mine' }), join(dir, 'mine'))
  const refused: ReadonlyArray<readonly [unknown, RegExp]> = [
    [{ bundle }, /publicKey is missing/],
    [{ bundle, publicKey: 'a', allowUnsigned: true }, /both/],
    [{ bundle, publicKey: 'a', algorithm: 'HS256' }, /policies/],
    [{ bundle, publicKey: 'a', token: 'secret-in-the-clear' }, /policies/],
    [{ bundle, publicKey: 'a', poll: { min: '10s', max: '5s' } }, /poll\.min/],
    [{ bundle: 'file:///etc/passwd', publicKey: 'a' }, /policies/],
    [{ bundle, publicKey: 'a', publickey: 'b' }, /publickey/],
  ]
  for (const [policies, message] of refused) t.throws(() => load(policies), { code: 'WEIR_ERR_CONFIG_INVALID', message })
  t.throws(() => load({ bundle, publicKey: 'a', token: 'secret-in-the-clear' }), { message: /^(?!.*secret-in-the-clear)/s })
})

await t.test('a provider has one address or several, and its own retries', async (t) => {
  const dir = testFolder(t, {})
  const load = (provider: object): unknown => {
    writeFileSync(join(dir, 'weir.yaml'), JSON.stringify({ providers: { p: { format: 'anthropic', models: { m: {} }, ...provider } } }))
    return loadConfig({}, {}, dir).providers['p']
  }
  t.match(load({ baseUrl: 'https://a.test/v1/' }), { baseUrl: 'https://a.test/v1', baseUrls: undefined, retries: { attempts: 3, deadlineMs: 30_000, maxWaitMs: 5_000 } })
  t.match(load({ baseUrls: [{ url: 'https://a.test/v1/' }, { url: 'https://b.test/v1', weight: 3 }], retries: { attempts: 1, deadline: '2m' } }), {
    baseUrl: 'https://a.test/v1', baseUrls: [{ url: 'https://a.test/v1', weight: 1 }, { url: 'https://b.test/v1', weight: 3 }], retries: { attempts: 1, deadlineMs: 120_000 },
  })
  for (const wrong of [{}, { baseUrl: 'https://a.test', baseUrls: [{ url: 'https://b.test' }] }]) t.throws(() => load(wrong), { code: 'WEIR_ERR_CONFIG_INVALID', message: /either baseUrl or baseUrls/ })
  for (const wrong of [{ baseUrls: [] }, { baseUrls: [{ url: 'file:///etc' }] }, { baseUrl: 'https://a.test', retries: { attempts: 0 } }, { baseUrl: 'https://a.test', models: { m: { price: { perMillionInput: -1, perMillionOutput: 1 } } } }]) {
    t.throws(() => load(wrong), { code: 'WEIR_ERR_CONFIG_INVALID' })
  }
})

await t.test('a known provider needs no format and no address; what is said wins', async (t) => {
  const dir = testFolder(t, {})
  const load = (id: string, provider: object): unknown => {
    writeFileSync(join(dir, 'weir.yaml'), JSON.stringify({ providers: { [id]: { models: { m: {} }, ...provider } } }))
    return loadConfig({}, {}, dir).providers[id]
  }
  t.match(load('groq', {}), { name: 'Groq', format: 'openai-chat', baseUrl: 'https://api.groq.com/openai/v1', keyless: false })
  t.match(load('ollama', {}), { format: 'openai-chat', baseUrl: 'http://127.0.0.1:11434/v1', keyless: true })
  t.match(load('ollama', { keyless: false, baseUrl: 'https://ollama.acme.test/v1' }), { baseUrl: 'https://ollama.acme.test/v1', keyless: false })
  t.match(load('groq', { name: 'Ours', format: 'anthropic', baseUrls: [{ url: 'https://a.test' }] }), { name: 'Ours', format: 'anthropic', baseUrl: 'https://a.test', baseUrls: [{ url: 'https://a.test' }] })
  t.throws(() => load('nobody', {}), { code: 'WEIR_ERR_CONFIG_INVALID', message: /providers\.nobody needs a format/ })
  t.throws(() => load('nobody', { format: 'gemini' }), { code: 'WEIR_ERR_CONFIG_INVALID', message: /providers\.nobody needs either/ })
})

await t.test('the address clients use is an origin', async (t) => {
  const dir = testFolder(t, {})
  const load = (publicUrl: string): string | undefined => {
    writeFileSync(join(dir, 'weir.yaml'), JSON.stringify({ publicUrl }))
    return loadConfig({}, {}, dir).publicUrl
  }
  t.equal(load('https://weir.acme.test/'), 'https://weir.acme.test')
  for (const wrong of ['weir.acme.test', 'https://a.test/path', 'https://user@a.test', 'file:///etc']) t.throws(() => load(wrong), { code: 'WEIR_ERR_CONFIG_INVALID' }, wrong)
})

await t.test('credits are whole thousandths from here on', async (t) => {
  const dir = testFolder(t, {})
  t.same(loadConfig({}, {}, dir).credits, { milliPerContainerSecond: 1_000, milliPerSessionSecond: 0 })
  writeFileSync(join(dir, 'weir.yaml'), 'credits: { containerSecond: 0.3, sessionSecond: 0.001 }\n')
  t.same(loadConfig({}, {}, dir).credits, { milliPerContainerSecond: 300, milliPerSessionSecond: 1 })
  for (const bad of ['0.0001', '-1', '1001', 'x']) {
    writeFileSync(join(dir, 'weir.yaml'), `credits: { containerSecond: ${bad} }\n`)
    t.throws(() => loadConfig({}, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID' }, bad)
  }
})

await t.test('a model without a price is not asked unless a worst price is set', async (t) => {
  const dir = testFolder(t, {})
  t.equal(loadConfig({}, {}, dir).unpriced, 'deny')
  writeFileSync(join(dir, 'weir.yaml'), 'unpriced: { perMillionInput: 20, perMillionOutput: 100 }\n')
  t.same(loadConfig({}, {}, dir).unpriced, { perMillionInput: 20, perMillionOutput: 100 })
  writeFileSync(join(dir, 'weir.yaml'), 'unpriced: free\n')
  t.throws(() => loadConfig({}, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID' })
})
