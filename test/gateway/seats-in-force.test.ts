import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { beginOf } from '../../gateway/ledger/spending-sums.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { ledgerOf } from '../support/ledger-of.ts'

const DAY_MS = 86_400_000
const shipped = (section: string): Record<string, unknown> => JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data', section, 'data.json'), 'utf8')) as Record<string, unknown>

// Nobody waits a day for a test, and seats are of a month: the whole process is early in the next one.
const now = Date.now
let offsetMs = beginOf('month', beginOf('month', now()) + 32 * DAY_MS) + DAY_MS - now()
Date.now = () => now() + offsetMs
t.teardown(() => { Date.now = now })

// Policy is asked before the project, which is away: so no agent is needed to see who was let in.
const { url, dataDir, tokenFor } = await openInProcessGateway(t, {
  data: {
    seats: { acme: { max: 1, release_after_days: 1 } },
    roles: { ...shipped('roles'), provisioner: { description: 'Keeps the directory.' } },
    routes: { ...shipped('routes'), provisioner: { all: ['weir-provision'], own: [] } },
  },
  settings: { apps: { shop: { project: './nowhere' } } },
})

/** What a first request of this person's client gets: `let in`, or the rule that refused. */
async function start (actor: string): Promise<string> {
  const answer = await fetch(`${url}/session`, { headers: { authorization: `Bearer ${tokenFor('author', actor)}` } })
  const { error } = await answer.json() as { error: { code: string, rule?: string } }
  return error.code === 'WEIR_ERR_PROJECT' ? 'let in' : `${answer.status} ${error.rule ?? error.code}`
}

async function told (): Promise<unknown[]> {
  return (await ledgerOf(dataDir)).flatMap((entry) => entry.kind === 'event' && entry.name.startsWith('seat-') ? [[entry.name, entry.actor, entry.detail['why'] ?? null]] : [])
}

await t.test('a seat is released by rule, when its holder was away for the days of the data, and goes to who asks then', async (t) => {
  t.same([await start('alice'), await start('alice'), await start('bob')], ['let in', 'let in', '403 sessions.seats_taken'])
  offsetMs += DAY_MS + 60_000
  t.same([await start('bob'), await start('alice')], ['let in', '403 sessions.seats_taken'])
  t.same(await told(), [['seat-taken', 'alice', null], ['seat-released', 'alice', 'idle'], ['seat-taken', 'bob', null]])
})

await t.test('a seat is released at the moment at which the directory puts its holder out', async (t) => {
  t.equal(await start('carol'), '403 sessions.seats_taken')
  const directory = openIdentity(dataDir, Date.now).provider.issue({ actor: 'directory', role: 'provisioner', groups: [], org: 'acme', app: null, environment: null, ttlMs: 3_600_000 }).token
  const answer = await fetch(`${url}/weir/scim/v2/Users/bob`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${directory}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'active', value: false }] }),
  })
  t.equal(answer.status, 200)
  t.match(await start('bob'), /^401 /)
  t.equal(await start('carol'), 'let in')
  t.match((await told()).slice(3), [['seat-released', 'bob', 'deactivated'], ['seat-taken', 'carol', null]])
})
