import { join } from 'node:path'
import t from 'tap'
import type { Io } from '../../../gateway/cli/io.ts'
import { tokenCommand } from '../../../gateway/cli/token.ts'
import { loadConfig } from '../../../gateway/config-file.ts'
import { openIdentity } from '../../../gateway/identity/open-identity.ts'
import { serviceActor } from '../../../gateway/identity/service-account.ts'
import { writeConfig } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const dir = testFolder(t)
const config = writeConfig(dir, { dataDir: 'data', tokens: { serviceTtl: '30m' } })
const dataDir = join(dir, 'data')

async function create (...args: string[]): Promise<string> {
  let said = ''
  const io: Io = { env: {}, cwd: dir, stdout (text) { said += text }, stderr () {}, config: (options) => loadConfig(options, {}, dir), dataDir: () => dataDir }
  await tokenCommand(io).exitOverride().parseAsync(['create', '--role', 'author', ...args, '--config', config], { from: 'user' })
  return said.trim()
}

const NARROW = ['--app', 'shop', '--env', 'TEST']

await t.test('a token of a service account is for one app and environment, and as short as the configuration says', async (t) => {
  const { provider, registry } = openIdentity(dataDir, Date.now)
  const caller = provider.verify(await create('--service', 'ci-deploy', ...NARROW))
  t.match(caller, { actor: { id: 'service:ci-deploy', role: 'author' }, app: 'shop', environment: 'TEST' })
  t.ok(caller.expiresAtMs - caller.issuedAtMs <= 1_801_000)
  await create('--service', 'ci-deploy', ...NARROW, '--ttl', '5m')
  t.ok(openIdentity(dataDir, Date.now).registry.list().every(({ actor }) => actor === 'service:ci-deploy'))
  registry.close()
})

await t.test('one that is wide or long, or that a person would have, is not made', async (t) => {
  const refused: string[][] = [
    ['--service', 'ci', '--app', 'shop'], ['--service', 'ci', '--env', 'TEST'], ['--service', 'ci', ...NARROW, '--ttl', '31m'], ['--service', 'CI/..', ...NARROW],
    ['--service', 'ci', '--actor', 'alice', ...NARROW], ['--actor', 'service:ci', ...NARROW], NARROW,
  ]
  for (const args of refused) await t.rejects(create(...args), { name: 'CommandFailed' }, args.join(' '))
  t.throws(() => loadConfig({ config: writeConfig(join(dir, 'long'), { tokens: { serviceTtl: '25h' } }) }, {}, dir), { code: 'WEIR_ERR_CONFIG_INVALID' })
})

await t.test('one that was made otherwise is not taken', async (t) => {
  const { provider } = openIdentity(dataDir, Date.now)
  const ci = { actor: serviceActor('ci') ?? '', role: 'author', groups: [], org: 'acme', app: 'shop', environment: 'TEST' as const, ttlMs: 60_000 }
  t.equal(provider.verify(provider.issue(ci).token).actor.id, 'service:ci')
  t.equal(provider.verify(provider.issue({ ...ci, ttlMs: 86_400_000 }).token).actor.id, 'service:ci')
  for (const wide of [{ app: null }, { environment: null }, { ttlMs: 86_410_000 }]) t.throws(() => provider.verify(provider.issue({ ...ci, ...wide }).token), { code: 'WEIR_ERR_AUTH_INVALID' })
  t.equal(provider.verify(provider.issue({ ...ci, actor: 'services', app: null }).token).app, null)
})
