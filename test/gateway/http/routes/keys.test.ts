import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../../../gateway/config-file.ts'
import type { EventBody, LedgerEntry } from '../../../../gateway/core/ledger-entry.ts'
import { openGateway } from '../../../../gateway/gateway.ts'
import { openIdentity } from '../../../../gateway/identity/open-identity.ts'
import type { KeyName } from '../../../../gateway/vault/key-name.ts'
import { shortDir, weir, writeConfig } from '../../../support/gateway-process.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { until } from '../../../support/until.ts'

const VALUE = 'sk-canary-5d20c1f7a94b'
const PATH = '/weir/api/v1/keys'

const dir = shortDir(t)
const dataDir = join(dir, 'data')
const file = writeConfig(dir, { dataDir, apps: { shop: { project: join(dir, 'shop') }, till: { project: join(dir, 'till') } } })
const at = ['--config', file]
const beforeStart = weir(['keys', 'set', 'early', '--env', 'TEST', '--json', ...at], { input: VALUE })
const config = loadConfig({ config: file, port: 0 }, {}, dir)
mkdirSync(config.dataDir, { recursive: true })
const identity = openIdentity(config.dataDir, Date.now)
const logged: string[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => { logged.push(line) } })
const gateway = await openGateway({ config, identity, log, env: process.env })
t.teardown(() => gateway.close())
const url = await gateway.listen()

function tokenFor (role: string, scope: { readonly app?: string, readonly environment?: 'DEV' | 'TEST' | 'PROD' } = {}): string {
  return identity.provider.issue({ actor: `${role}@acme.test`, role, groups: [], org: 'acme', app: scope.app ?? null, environment: scope.environment ?? null, ttlMs: 3_600_000 }).token
}

interface Answer { readonly status: number, readonly text: string, readonly body: { readonly key?: KeyName, readonly keys?: readonly KeyName[], readonly retired?: readonly KeyName[], readonly error?: { readonly code: string } } }

async function call (method: string, path: string, token: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}${PATH}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) as Answer['body'] }
}

const ledger = (): Promise<LedgerEntry[]> => ledgerOf(dataDir)

async function keyEvents (): Promise<EventBody[]> {
  return (await ledger()).filter((entry): entry is EventBody & LedgerEntry => entry.kind === 'event' && entry.name.startsWith('key-'))
}

const operator = tokenFor('operator')

/** Entries over HTTP, once there are so many: the store follows the journal. */
async function recorded (count: number, query: string, isWanted: (entry: LedgerEntry) => boolean = () => true): Promise<LedgerEntry[]> {
  let found: LedgerEntry[] = []
  await until(async () => {
    const response = await fetch(`${url}/weir/api/v1/audit?${query}`, { headers: { authorization: `Bearer ${operator}` } })
    found = (await response.json() as { entries: LedgerEntry[] }).entries.filter(isWanted)
    return found.length >= count
  })
  return found
}

await t.test('what was done to the vault before the gateway ran is in the ledger after its start', async (t) => {
  const { id } = JSON.parse(beforeStart.stdout) as KeyName
  t.match(await keyEvents(), [{ name: 'key-set', actor: /^local:/, environment: 'TEST', app: null, detail: { keyId: id, provider: 'early', change: /^chg_/ } }])
  t.equal(weir(['keys', 'list', ...at]).stderr, '', 'nothing waits any more')
})

await t.test('an operator stores, lists and removes keys; nobody reads a value back, and each step is recorded', async (t) => {
  const stored = await call('PUT', '/openai', operator, { environment: 'DEV', value: VALUE, weight: 3 })
  t.match(stored, { status: 200, body: { key: { id: /^key_/, provider: 'openai', environment: 'DEV', weight: 3 }, retired: [] } })
  const own = await call('PUT', '/openai', operator, { environment: 'DEV', app: 'shop', value: `${VALUE}-shop` })
  const replacing = await call('PUT', '/openai', operator, { environment: 'DEV', value: `${VALUE}-2`, grace: '1h' })
  t.match(replacing.body, { key: { weight: 3 }, retired: [{ id: stored.body.key?.id, retires: Number }] })
  const listed = await call('GET', '', operator)
  t.same(listed.body.keys?.map(({ id }) => id).slice(1), [stored, own, replacing].map(({ body }) => body.key?.id))
  const gone = await call('DELETE', `/${own.body.key?.id}`, operator)
  t.same([gone.status, gone.text], [200, '{"removed":true}'])
  t.equal((await call('DELETE', `/${own.body.key?.id}`, operator)).status, 404)
  const id = own.body.key?.id
  t.match((await keyEvents()).slice(1).map(({ name, actor, app, detail }) => [name, actor, app, detail['keyId']]), [
    ['key-set', 'operator@acme.test', null, stored.body.key?.id],
    ['key-set', 'operator@acme.test', 'shop', id],
    ['key-set', 'operator@acme.test', null, replacing.body.key?.id],
    ['key-retired', 'operator@acme.test', null, stored.body.key?.id],
    ['key-removed', 'operator@acme.test', 'shop', id],
  ])
  const decided = (await ledger()).filter((entry) => entry.kind === 'decision' && entry.decision.rule === 'routes.route_allowed' && entry.input.route?.class === 'weir-keys')
  t.match(decided.map((entry) => entry.kind === 'decision' ? [entry.input.route?.method, entry.input.app, entry.input.environment] : []), [
    ['PUT', 'shop', 'DEV'], ['PUT', 'shop', 'DEV'], ['PUT', 'shop', 'DEV'], ['GET', 'shop', 'DEV'], ['DELETE', 'shop', 'DEV'],
  ])
  for (const { text } of [stored, own, replacing, listed, gone]) t.notOk(text.includes(VALUE))
  const about = ['outcome key_', 'event key-set', 'event key-removed', 'outcome key_']
  const shown = (entry: LedgerEntry): string => `${entry.kind} ${entry.kind === 'event' ? entry.name : 'key_'}`
  const found = weir(['audit', 'query', '--format', 'json', '--key', String(id), ...at]).stdout.trim().split('\n').map((line) => JSON.parse(line) as LedgerEntry)
  t.same(found.map(shown).sort(), about.sort(), 'all that was done to a key is found by it')
  t.same((await recorded(about.length, `key=${id}`)).map(shown).sort(), about.sort())
})

await t.test('other roles, and tokens for another app or environment, change and see nothing', async (t) => {
  const key = { environment: 'DEV', value: VALUE }
  const count = (await call('GET', '', operator)).body.keys?.length
  for (const role of ['reader', 'author', 'contributor', 'approver', 'auditor']) {
    const token = tokenFor(role)
    for (const [method, path, body] of [['PUT', '/openai', key], ['GET', '', undefined]] as const) {
      t.match(await call(method, path, token, body), { status: 403, body: { error: { code: 'WEIR_ERR_DENIED' } } })
    }
  }
  const inTest = tokenFor('operator', { environment: 'TEST' })
  const ofTill = tokenFor('operator', { app: 'till' })
  t.match(await call('PUT', '/openai', inTest, key), { status: 403, body: { error: { code: 'WEIR_ERR_AUTH_SCOPE' } } })
  t.match(await call('PUT', '/openai', ofTill, key), { status: 403, body: { error: { code: 'WEIR_ERR_AUTH_SCOPE' } } }, 'a key of the environment is not one of the app')
  t.match(await call('PUT', '/openai', ofTill, { ...key, app: 'shop' }), { status: 403 })
  t.match((await call('GET', '', inTest)).body.keys, [{ provider: 'early' }])
  t.same((await call('GET', '', ofTill)).body.keys, [])
  const [some] = (await call('GET', '', operator)).body.keys?.slice(1) ?? []
  for (const token of [inTest, ofTill]) t.equal((await call('DELETE', `/${some?.id}`, token)).status, 404)
  t.equal((await call('DELETE', `/${some?.id}`, tokenFor('author'))).status, 403)
  t.equal((await call('PUT', '/openai', 'no-token', key)).status, 401)
  t.equal((await call('GET', '', operator)).body.keys?.length, count)
})

await t.test('what is wrong is refused without being repeated, in the answer and in the log', async (t) => {
  const wrong: Array<readonly [string, unknown]> = [
    ['/openai', { environment: 'DEV', value: `${VALUE}\r\nx: y` }], ['/openai', { environment: 'DEV', value: { VALUE } }], ['/openai', { environment: VALUE, value: VALUE }],
    ['/openai', { environment: 'DEV', value: VALUE, app: `${VALUE} ` }], ['/openai', { environment: 'DEV', value: VALUE, weight: VALUE }], ['/openai', { environment: 'DEV', value: VALUE, grace: VALUE }],
    ['/openai', { environment: 'DEV', value: VALUE, add: true, grace: '1h' }], ['/openai', { environment: 'DEV', value: VALUE, grace: '999d' }], ['/openai', { environment: 'DEV', [VALUE]: VALUE }],
    ['/openai', `{"environment":"DEV","value":"${VALUE}"`], ['/openai', `"${VALUE}"`], ['/openai', `{"value":"${VALUE}","value":"${VALUE}","environment":"DEV"}`],
    ['/openai', { environment: 'DEV', value: 'short' }], ['/openai', { environment: 'PROD', value: VALUE, grace: '1h' }], [`/${VALUE}%20`, { environment: 'DEV', value: VALUE }],
  ]
  for (const [path, body] of wrong) {
    const { status, text } = await call('PUT', path, operator, body)
    t.ok(status === 400 || status === 403, `${status} for ${JSON.stringify(body).replaceAll(VALUE, 'VALUE')}`)
    t.notOk(text.includes(VALUE))
  }
  t.equal((await call('PUT', '/openai', operator, { environment: 'DEV', value: VALUE.repeat(1_000) })).status, 413)
  t.equal((await call('DELETE', `/${VALUE}`, operator)).status, 400)
  t.ok(logged.length > wrong.length, 'refusals are logged')
  t.notOk(logged.join('').includes(VALUE))
  for (const name of ['vault.json']) t.notOk(readFileSync(join(dataDir, name), 'utf8').includes(VALUE))
  t.notOk(JSON.stringify(await ledger()).includes(VALUE))
})

await t.test('what another process does while the gateway runs comes to the ledger by itself', async (t) => {
  const rotated = weir(['keys', 'rotate', 'early', '--env', 'TEST', '--grace', '0s', '--json', ...at], { input: `${VALUE}-late` })
  t.equal(rotated.code, 0, rotated.stderr)
  const { key, retired } = JSON.parse(rotated.stdout) as { key: KeyName, retired: KeyName[] }
  t.equal(weir(['keys', 'rotate-master', ...at]).code, 0)
  const wanted = [['key-set', key.id], ['key-retired', retired[0]?.id], ['key-removed', retired[0]?.id], ['master-key-rotated', undefined]]
  const isWanted = (entry: LedgerEntry): boolean => entry.kind === 'event' && wanted.some(([name, keyId]) => entry.name === name && entry.detail['keyId'] === keyId)
  t.equal((await recorded(wanted.length, 'kind=event', isWanted)).length, wanted.length)
  const listed = await call('GET', '', operator)
  t.ok(listed.body.keys?.some(({ id }) => id === key.id))
  t.notOk(listed.body.keys?.some(({ id }) => id === retired[0]?.id))
})

t.end()
