import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { beginOf } from '../../gateway/ledger/spending-sums.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { weir } from '../support/gateway-process.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { ledgerOf, ledgerOnce } from '../support/ledger-of.ts'

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

/** What was told of seats, once it is so much. */
async function told (count: number): Promise<readonly unknown[]> {
  const of = (entries: readonly LedgerEntry[]): readonly unknown[] => entries.flatMap((entry) => entry.kind === 'event' && entry.name.startsWith('seat-') ? [[entry.name, entry.actor, entry.detail['why'] ?? null]] : [])
  return of(await ledgerOnce(dataDir, (entries) => of(entries).length >= count))
}

await t.test('a seat is released by rule, when its holder was away for the days of the data, and goes to who asks then', async (t) => {
  t.same([await start('alice'), await start('alice'), await start('bob')], ['let in', 'let in', '403 sessions.seats_taken'])
  offsetMs += DAY_MS + 60_000
  t.same([await start('bob'), await start('alice')], ['let in', '403 sessions.seats_taken'])
  t.same(await told(3), [['seat-taken', 'alice', null], ['seat-released', 'alice', 'idle'], ['seat-taken', 'bob', null]])
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
  t.match((await told(5)).slice(3), [['seat-released', 'bob', 'deactivated'], ['seat-taken', 'carol', null]])
})

await t.test('a refusal is in the ledger with what it went by, and reports count each member once, however many sessions they start', async (t) => {
  t.same(await Promise.all([start('carol'), start('carol'), start('dave')]), ['let in', 'let in', '403 sessions.seats_taken'])
  const asked = (await ledgerOf(dataDir)).flatMap((entry) => entry.kind === 'decision' && entry.input.kind === 'session' ? [entry] : [])
  const refused = asked.filter(({ decision }) => decision.verdict === 'deny')
  t.match(refused.at(-1), { input: { actor: { id: 'dave', org: 'acme' }, seats: { limit: 1, used: 1, member: false } }, decision: { rule: 'sessions.seats_taken', revision: /^[0-9a-f]{64}$/ } })
  t.match(asked.findLast(({ decision }) => decision.verdict === 'allow')?.input, { actor: { id: 'carol' }, seats: { limit: 1, used: 1, member: true } })
  const month = new Date(Date.now()).toISOString().slice(0, 7)
  const report = async (name: string): Promise<string> => await (await fetch(`${url}/weir/api/v1/usage?report=${name}&format=csv`, { headers: { authorization: `Bearer ${tokenFor('operator')}` } })).text()
  t.equal(await report('seats'), `month,org,seats,limit,released\n${month},acme,3,1,2\n`)
  const members = await report('seat-members')
  t.match(members.split('\n').map((line) => line.split(',').filter((_, at) => at === 2 || at > 4).join()), ['actor,releases,released,why', /^alice,1,.*Z,idle$/, /^bob,1,.*Z,deactivated$/, /^carol,0,,$/, ''])
  t.equal(weir(['usage', '--seats', '--format', 'csv', '--data-dir', dataDir]).stdout, await report('seats'))
  t.equal(weir(['usage', '--seat-members', '--format', 'csv', '--data-dir', dataDir]).stdout, members)
})
