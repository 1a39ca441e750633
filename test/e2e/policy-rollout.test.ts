import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { processIo, type Io } from '../../gateway/cli/io.ts'
import { main } from '../../gateway/cli/main.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { packBundle, unpackBundle } from '../../gateway/policy/bundle/archive.ts'
import { signBundle } from '../../gateway/policy/bundle/signature.ts'
import { startBundleServer } from '../support/bundle-server.ts'
import { shortDir, startGateway, writeConfig, type GatewayProcess } from '../support/gateway-process.ts'
import { rsaKeys } from '../support/signing-keys.ts'

const TOKEN = 'bundle-server-token-9'
const env = { BUNDLE_TOKEN: TOKEN, WEIR_LOG_LEVEL: 'info' }

async function weir (...args: readonly string[]): Promise<string> {
  let text = ''
  const io: Io = { ...processIo(), env: { ...process.env, ...env }, stdout (part) { text += part }, stderr () {} }
  await main(['node', 'weir', ...args], io)
  return text
}

interface Answer { readonly verdict: string, readonly rule: string, readonly revision: string }

async function decide (gateway: GatewayProcess, command: string): Promise<Answer> {
  const response = await fetch(`${gateway.url}/weir/api/v1/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command, description: 'x' }, cwd: '/workspace', app: 'shop', environment: 'DEV' }),
  })
  return (await response.json() as { decision: Answer }).decision
}

async function logs (gateway: GatewayProcess, text: string): Promise<void> {
  const lines = createInterface({ input: gateway.child.stderr ?? process.stdin })
  for await (const [line] of linesOf(lines)) if (line.includes(text)) break
  gateway.child.stderr?.resume()
}

async function * linesOf (lines: ReturnType<typeof createInterface>): AsyncGenerator<[string]> {
  while (true) yield await once(lines, 'line') as [string]
}

await t.test('a signed bundle is pushed and the running gateway changes its mind; what is not right never does', async (t) => {
  const dir = shortDir(t)
  const keys = rsaKeys()
  const server = await startBundleServer({ token: TOKEN })
  t.teardown(() => server.close())
  writeFileSync(join(dir, 'key.pem'), keys.privateKey)
  writeFileSync(join(dir, 'pub.pem'), keys.publicKey)
  cpSync(join(packageRoot(), 'policies'), join(dir, 'policies'), { recursive: true })
  const bundle = join(dir, 'bundle.tar.gz')
  const rollOut = async (): Promise<string> => {
    await weir('policy', 'build', join(dir, 'policies'), '-o', bundle)
    await weir('policy', 'sign', '--key', join(dir, 'key.pem'), bundle)
    const { revision } = JSON.parse(await weir('policy', 'push', '--to', server.url, '--token', 'env:BUNDLE_TOKEN', bundle, '--json')) as { revision: string }
    return revision
  }
  const first = await rollOut()
  const config = writeConfig(dir, {
    dataDir: 'data',
    policies: { bundle: server.url, publicKey: 'pub.pem', token: 'env:BUNDLE_TOKEN', poll: { min: '100ms', max: '200ms' }, longPoll: 20 },
  })
  let gateway = await startGateway(config, env)
  t.teardown(() => gateway.end('SIGTERM'))
  t.match(await decide(gateway, 'git status'), { verdict: 'allow', revision: first })

  const programs = join(dir, 'policies', 'weir', 'data', 'programs', 'data.json')
  const data = JSON.parse(readFileSync(programs, 'utf8')) as { forbidden: Record<string, true> }
  writeFileSync(programs, JSON.stringify({ ...data, forbidden: { ...data.forbidden, git: true } }))
  const loaded = logs(gateway, 'policy loaded')
  const second = await rollOut()
  await loaded
  t.match(await decide(gateway, 'git status'), { verdict: 'deny', revision: second })
  t.not(first, second)

  const good = unpackBundle(readFileSync(bundle))
  const refusals: ReadonlyArray<readonly [string, Uint8Array]> = [
    ['WEIR_ERR_POLICY_SIGNATURE', await packBundle(new Map([...good, ['extra.rego', Buffer.from('package extra\n')]]))],
    ['WEIR_ERR_POLICY_SIGNATURE', await packBundle(new Map([...good].filter(([name]) => name !== '.signatures.json')))],
    ['WEIR_ERR_POLICY_OLDER', await packBundle(signBundle(good, { key: createPrivateKey(keys.privateKey), algorithm: 'RS256', signedAt: Math.floor(Date.now() / 1_000) - 3_600 }))],
  ]
  for (const [code, archive] of refusals) {
    const refused = logs(gateway, 'new policy not taken')
    server.publish(archive)
    await refused
    t.match(await decide(gateway, 'git status'), { verdict: 'deny', revision: second }, code)
  }
  const metrics = await (await fetch(`${gateway.url}/weir/metrics`, { headers: { authorization: `Bearer ${gateway.token}` } })).text()
  t.match(metrics, /weir_policy_rejected_total\{code="WEIR_ERR_POLICY_SIGNATURE"\} 2/)
  t.match(metrics, /weir_policy_rejected_total\{code="WEIR_ERR_POLICY_OLDER"\} 1/)
  t.match(metrics, /weir_policy_bundle_fetches_total\{result="new"\} 5/)
  const doctor = await weir('doctor', '--config', config, '--json')
  const findings = JSON.parse(doctor) as Array<{ name: string, ok: boolean, found: string }>
  t.match(findings.find(({ name }) => name === 'policies'), { ok: false, found: second })
  t.match(findings.find(({ name }) => name === 'routes'), { ok: true, found: '188 routes, each one known' })

  await gateway.end('SIGTERM')
  await server.close()
  gateway = await startGateway(config, env)
  t.match(await decide(gateway, 'git status'), { verdict: 'deny', revision: second }, 'the last good one starts without the server')
  await gateway.end('SIGTERM')
  const ledger = await weir('audit', 'query', '--config', config, '--format', 'json')
  t.match(ledger, /policy-rejected.*WEIR_ERR_POLICY_SIGNATURE/)
  t.match(ledger, /policy-rejected.*WEIR_ERR_POLICY_OLDER/)
  t.match(ledger, /policy-unreachable/)
  t.notMatch(ledger + gateway.log(), TOKEN)
})
