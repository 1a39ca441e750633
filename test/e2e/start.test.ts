import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { journalDirOf } from '../../gateway/ledger/journal.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { shortDir, startGateway, weir, WITHOUT_RUNNER, writeConfig } from '../support/gateway-process.ts'
import { until, untilRefused } from '../support/until.ts'

const decide = (url: string, token: string, tool: string, args: object, query = ''): Promise<Response> => fetch(`${url}/weir/api/v1/decisions${query}`, {
  method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ protocol: 'opencode', tool, args }),
})

await t.test('the first start makes a token and a key that only their owner can read, and the second start takes them up again', async (t) => {
  const dir = shortDir(t)
  const config = writeConfig(dir, { dataDir: 'data' })
  const first = await startGateway(config)
  await first.end('SIGTERM')
  const second = await startGateway(config)
  t.teardown(() => second.end('SIGTERM'))
  t.equal(second.token, first.token)
  for (const file of ['token', 'identity/signing-key.pem']) t.equal(statSync(join(dir, 'data', file)).mode & 0o777, 0o600, file)
})

await t.test('a decision is answered with 200 whatever the verdict, recorded, and a dry run records nothing', async (t) => {
  const dir = shortDir(t)
  const gateway = await startGateway(writeConfig(dir, { dataDir: 'data' }))
  t.teardown(() => gateway.end('SIGTERM'))
  const allowed = await (await decide(gateway.url, gateway.token, 'read', { filePath: '/workspace/README.md' })).json() as { decision: { verdict: string, rule: string }, entry: number }
  t.match(allowed, { decision: { verdict: 'allow', rule: /\w+\.\w+/ }, call: { tool: 'read-file', permission: 'review', targets: [{ path: 'README.md' }] } })
  t.type(allowed.entry, 'number')
  const denied = await decide(gateway.url, gateway.token, 'bash', { command: 'cat .env' })
  t.equal(denied.status, 200)
  t.match(await denied.json(), { decision: { verdict: 'deny' }, call: { command: { programs: [{ name: 'cat' }] } } })
  const before = weir(['audit', 'query', '--data-dir', join(dir, 'data'), '--format', 'json', '--limit', '1000']).stdout.split('\n').length
  t.notOk('entry' in (await (await decide(gateway.url, gateway.token, 'bash', { command: 'npm install x' }, '?dryRun=true')).json() as object))
  t.equal(weir(['audit', 'query', '--data-dir', join(dir, 'data'), '--format', 'json', '--limit', '1000']).stdout.split('\n').length, before)
  t.match(await (await decide(gateway.url, gateway.token, 'bash', { wrong: 1 })).json(), { decision: { verdict: 'deny', rule: 'weir.unreadable_call' } })
  t.equal((await fetch(`${gateway.url}/weir/api/v1/decisions`, { method: 'POST', headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }, body: JSON.stringify({ protocol: 'opencode', tool: 'read', args: {}, environment: 'PROD' }) })).status, 403)
})

await t.test('a revoked token is refused by the running gateway', async (t) => {
  const dir = shortDir(t)
  const gateway = await startGateway(writeConfig(dir, { dataDir: 'data' }))
  t.teardown(() => gateway.end('SIGTERM'))
  const made = JSON.parse(weir(['token', 'create', '--actor', 'eve@acme.test', '--role', 'author', '--json', '--data-dir', join(dir, 'data')]).stdout) as { token: string, id: string }
  t.equal((await decide(gateway.url, made.token, 'read', { filePath: '/workspace/a' })).status, 200)
  t.equal(weir(['token', 'revoke', made.id, '--data-dir', join(dir, 'data')]).code, 0)
  await untilRefused(async () => (await decide(gateway.url, made.token, 'read', { filePath: '/workspace/a' })).status)
  t.equal((await decide(gateway.url, made.token, 'read', { filePath: '/workspace/a' })).status, 401)
})

await t.test('a port in use is said in one line that names it', async (t) => {
  const dir = shortDir(t)
  const gateway = await startGateway(writeConfig(dir, { dataDir: 'data' }))
  t.teardown(() => gateway.end('SIGTERM'))
  const second = weir(['start', '--config', writeConfig(join(dir, 'second'), { dataDir: 'data' }), '--port', new URL(gateway.url).port])
  t.equal(second.code, 1)
  t.match(second.stderr, new RegExp(`Port ${new URL(gateway.url).port} .*in use`))
  const sameData = weir(['start', '--config', join(dir, 'weir.yaml'), '--port', '0'])
  t.equal(sameData.code, 1)
  t.match(sameData.stderr, /WEIR_ERR_LEDGER_LOCKED/)
})

await t.test('a policy that does not compile stops the start and names file and line; on reload the old one stays', async (t) => {
  const dir = shortDir(t)
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  const config = writeConfig(dir, { dataDir: 'data', policies })
  const gateway = await startGateway(config, { WEIR_LOG_LEVEL: 'error' })
  t.teardown(() => gateway.end('SIGTERM'))
  const rejected = new Promise<void>((resolve) => gateway.child.stderr?.on('data', () => { if (gateway.log().includes('broken.rego:5')) resolve() }))
  writeFileSync(join(policies, 'weir', 'main', 'broken.rego'), 'package weir\n\nimport rego.v1\n\nx := }\n')
  await rejected
  t.match(await (await decide(gateway.url, gateway.token, 'read', { filePath: '/workspace/README.md' })).json(), { decision: { verdict: 'allow' } })
  const second = weir(['start', '--config', writeConfig(join(dir, 'second'), { dataDir: 'data', policies }), '--port', '0'])
  t.equal(second.code, 1)
  t.match(second.stderr, /broken\.rego:5/)
})

await t.test('a changed rule is live without a restart', async (t) => {
  const dir = shortDir(t)
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  const gateway = await startGateway(writeConfig(dir, { dataDir: 'data', policies }))
  t.teardown(() => gateway.end('SIGTERM'))
  const verdict = async (): Promise<string> => (await (await decide(gateway.url, gateway.token, 'read', { filePath: '/workspace/README.md' }, '?dryRun=true')).json() as { decision: { verdict: string } }).decision.verdict
  t.equal(await verdict(), 'allow')
  const grants = join(policies, 'weir', 'data', 'grants', 'data.json')
  const data = JSON.parse(readFileSync(grants, 'utf8')) as Record<string, Record<string, unknown>>
  writeFileSync(grants, JSON.stringify({ ...data, author: { ...data['author'], DEV: { chat: 'allow' } } }))
  await until(async () => await verdict() === 'deny')
  t.equal(await verdict(), 'deny')
})

await t.test('a torn ledger tail is cut off, kept and reported; damage in the middle stops the start', async (t) => {
  const dir = shortDir(t)
  const config = writeConfig(dir, { dataDir: 'data' })
  const first = await startGateway(config)
  await decide(first.url, first.token, 'read', { filePath: '/workspace/README.md' })
  await first.end('SIGTERM')
  const journal = journalDirOf(join(dir, 'data'))
  const segment = join(journal, readdirSync(journal).find((name) => name.endsWith('.jsonl')) ?? '')
  appendFileSync(segment, '0123456789abcdef {"index":')
  const second = await startGateway(config)
  await second.end('SIGTERM')
  t.ok(readdirSync(journal).some((name) => name.startsWith('recovered-')))
  t.match(weir(['audit', 'query', '--data-dir', join(dir, 'data')]).stdout, /journal-recovered/)
  t.equal(weir(['audit', 'verify', '--data-dir', join(dir, 'data')]).code, 0)
  const text = readFileSync(segment, 'utf8')
  writeFileSync(segment, text.replace('"verdict":"allow"', '"verdict":"deny_"'))
  const third = weir(['start', '--config', config, '--port', '0'])
  t.equal(third.code, 1)
  t.match(third.stderr, /WEIR_ERR_LEDGER_CORRUPT/)
  const verified = weir(['audit', 'verify', '--data-dir', join(dir, 'data')])
  t.equal(verified.code, 1)
  t.match(verified.stdout + verified.stderr, /entry|line/i)
})

await t.test('with a full disk under the ledger everything is answered 503 and nothing takes effect', async (t) => {
  const dir = shortDir(t)
  const config = writeConfig(dir, { dataDir: 'data' })
  await (await startGateway(config)).end('SIGTERM') // so that only the ledger still grows
  // A limit on file size is a full disk that needs no root: the journal cannot grow past it.
  const limitBlocks = 40
  const child = spawn('bash', ['-c', `${WITHOUT_RUNNER}ulimit -f ${limitBlocks}; exec "$@"`, 'bash', process.execPath, join(packageRoot(), 'bin', 'weir.js'), 'start', '--config', config, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const gone = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await gone
  })
  const line = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve))
  const { url, token } = JSON.parse(line) as { url: string, token: string }
  let status = 200
  let entries = 0
  while (status === 200) {
    const answer = await decide(url, token, 'bash', { command: `echo ${'x'.repeat(1_000)}` })
    status = answer.status
    if (status === 200) entries += 1
    else t.match(await answer.json(), { error: { code: 'WEIR_ERR_LEDGER_APPEND' } })
  }
  t.equal(status, 503)
  t.ok(entries > 0)
  t.equal((await fetch(`${url}/weir/ready`)).status, 503)
})
