import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openIdentity } from '../../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { weir } from '../../support/gateway-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const dataDir = join(testFolder(t), 'data')
const at = ['--data-dir', dataDir]

await t.test('an actor is explained by the roles of its valid tokens, and by no other', async (t) => {
  const create = (role: string): string => (JSON.parse(weir(['token', 'create', '--actor', 'alice@acme.test', '--role', role, '--json', ...at]).stdout) as { id: string }).id
  create('author')
  const revoked = create('operator')
  t.equal(weir(['token', 'revoke', revoked, ...at]).code, 0)
  const { code, stdout } = weir(['roles', 'explain', 'alice@acme.test', '--env', 'TEST', ...at])
  t.equal(code, 0)
  t.match(stdout, /^alice@acme\.test: role author \(/)
  t.match(stdout, /\nedit {8}TEST {2}queue {4}grants\.needs_approval {2}weir\/data\/grants\/data\.json:9 grants\/author\/TEST\/edit\n/)
  t.notMatch(stdout, 'operator')
  t.notMatch(stdout, /(?:DEV|PROD) {2}/)
  const unknown = weir(['roles', 'explain', 'mallory@acme.test', ...at])
  t.equal(unknown.code, 1)
  t.match(unknown.stderr, 'has no valid token here')
})

await t.test('an actor of the identity provider is explained by its groups, with the line of data that makes its role', async (t) => {
  const policy = join(testFolder(t), 'policies')
  cpSync(join(packageRoot(), 'policies'), policy, { recursive: true })
  mkdirSync(join(policy, 'weir/data/groups'))
  writeFileSync(join(policy, 'weir/data/groups/data.json'), '{"roles": [\n  {"group": "admins", "role": "operator"},\n  {"group": "devs", "role": "author"}\n]}\n')
  const { provider, registry } = openIdentity(dataDir, Date.now)
  provider.issue({ actor: 'bob', role: null, groups: ['devs', 'admins'], org: 'sso', app: null, environment: null, ttlMs: 3_600_000 })
  const explain = (...args: string[]) => weir(['roles', 'explain', ...args, '--env', 'DEV', '--policy', policy, ...at])
  t.match(explain('bob').stdout, /^bob: role operator \([^\n]+\nby group admins, weir\/data\/groups\/data\.json:2 groups\/roles\/0\n/)
  registry.add({ leftGroup: 'admins', actor: 'bob', atMs: Date.now() })
  t.match(explain('bob').stdout, /^bob: role author \([^\n]+\nby group devs, weir\/data\/groups\/data\.json:3 groups\/roles\/1\n/)
  t.match(explain('eve', '--group', 'guests'), { code: 1, stderr: /None of the groups of eve makes a role/ })
})

await t.test('a role that is not there is an error, and the others are listed with where they start', async (t) => {
  const wrong = weir(['roles', 'explain', '--role', 'autor', ...at])
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, 'The data have no role autor')
  t.equal(weir(['roles', 'explain', ...at]).code, 1)
  t.match(weir(['roles', 'list', ...at]).stdout, /\nauthor {7}DEV,TEST,PROD {2}Writes source/)
})

await t.test('service accounts are listed with what their valid tokens are for, and nobody else is', async (t) => {
  const make = (name: string, environment: 'DEV' | 'TEST', madeMs = Date.now()) => openIdentity(dataDir, () => madeMs).provider.issue({ actor: `service:${name}`, role: 'author', groups: [], org: 'acme', app: 'shop', environment, ttlMs: 600_000 }).record.id
  make('ci', 'TEST')
  make('ci', 'TEST')
  make('ci', 'DEV')
  make('old', 'DEV', Date.now() - 3_600_000)
  openIdentity(dataDir, Date.now).registry.add({ revoked: make('gone', 'DEV'), atMs: Date.now() })
  const lines = weir(['roles', 'list', ...at]).stdout.split('\n')
  t.match(lines.slice(lines.findIndex((line) => line.startsWith('service account'))), [
    /^service account +role +app +in +tokens +until$/, /^service:ci +author +shop +DEV +1 +20/, /^service:ci +author +shop +TEST +2 +20/, '',
  ])
  const { services } = JSON.parse(weir(['roles', 'list', '--json', ...at]).stdout) as { services: unknown[] }
  t.match(services, [{ actor: 'service:ci', environment: 'DEV', tokens: 1 }, { actor: 'service:ci', environment: 'TEST', tokens: 2 }])
})
