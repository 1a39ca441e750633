import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Client } from 'undici'
import { ROUTES } from '../../../../adapters/opencode/routes.ts'
import { ROUTE_CLASSES } from '../../../../adapters/opencode/routes/route.ts'
import { WEB_FILES, WEB_PAGES } from '../../../../adapters/opencode/web-interface.ts'
import { openIdentity } from '../../../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'

// A role that may use every class of route and is granted nothing in DEV, and one that no data name: at every door of a real gateway.
const shipped = (section: string): Record<string, unknown> => JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data', section, 'data.json'), 'utf8')) as Record<string, unknown>
const classes = [...ROUTE_CLASSES, 'weir-decide', 'weir-usage', 'weir-policy', 'observe']
const { url, dataDir, tokenFor } = await openInProcessGateway(t, {
  data: {
    roles: { ...shipped('roles'), bystander: { description: 'Only in TEST.' } },
    grants: { ...shipped('grants'), bystander: { TEST: { review: 'allow', chat: 'allow' } } },
    routes: { ...shipped('routes'), bystander: { all: classes, own: [] } },
  },
})
const client = new Client(url)
t.teardown(() => client.close())

const IDS: Readonly<Record<string, string>> = { sessionID: 'ses_1', ptyID: 'pty_1', messageID: 'msg_1', partID: 'prt_1', permissionID: 'per_1' }

// Some ids have a form, and without it there is no such route.
function idFor (name: string, template: string): string {
  return name === 'requestID' ? (template.includes('question') ? 'que_1' : 'per_1') : IDS[name] ?? 'x1'
}

const DOORS = [
  ...ROUTES.map(({ method, template }) => ({ method, path: template.replaceAll(/\{(\w+)\}/g, (_, name: string) => idFor(name, template)).replace(/\*$/, 'x') })),
  ...[...WEB_PAGES, ...WEB_FILES].map((path) => ({ method: 'GET', path: path.replace(/:file\(.*$/, 'favicon.ico').replaceAll(/:\w+/g, 'x') })),
]

const sessionsTaken = async (): Promise<number> => (await ledgerOf(dataDir)).filter((entry) => (entry.kind === 'event' && entry.name === 'session-started') || (entry.kind === 'decision' && entry.input.kind === 'session' && entry.decision.verdict === 'allow')).length

for (const role of ['bystander', 'nobody-knows-it']) {
  await t.test(`the role ${role} starts no session at any of the ${DOORS.length} doors, whatever its requests claim`, async (t) => {
    const headers = { authorization: `Bearer ${tokenFor(role)}`, 'content-type': 'application/json', 'x-weir-environment': 'TEST', 'x-weir-role': 'operator', 'x-opencode-directory': '/workspace' }
    const statuses = new Map<number, number>()
    for (const { method, path } of DOORS) {
      const { statusCode, body } = await client.request({ method: method as 'GET', path: `${path}?environment=TEST&role=operator&directory=%2Fworkspace`, headers, body: method === 'GET' ? null : '{}' })
      await body.dump()
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
      if (![403, 404].includes(statusCode)) t.fail(`${method} ${path} is answered ${statusCode}`)
    }
    t.ok((statuses.get(403) ?? 0) >= ROUTES.length, JSON.stringify([...statuses]))
    t.equal(await sessionsTaken(), 0)
  })
}

await t.test('nor by a terminal\'s upgrade, and a token for where it has grants gets it no further here', async (t) => {
  const upgraded = await client.upgrade({ path: '/pty/pty_1/connect', protocol: 'websocket', headers: { authorization: `Bearer ${tokenFor('bystander')}` } }).then(() => 101, (thrown: unknown) => String(thrown))
  t.not(upgraded, 101)
  t.equal(await sessionsTaken(), 0)
  const { provider } = openIdentity(dataDir, Date.now)
  const { token } = provider.issue({ actor: 'b', role: 'bystander', groups: [], org: 'acme', app: 'shop', environment: 'TEST', ttlMs: 60_000 })
  const { statusCode, body } = await client.request({ method: 'GET', path: '/weir/api/v1/opencode', headers: { authorization: `Bearer ${token}` } })
  await body.dump()
  t.equal(statusCode, 200, 'the role is not refused for its name')
})
