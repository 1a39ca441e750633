import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { createGovernor } from '../../../../gateway/core/govern.ts'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import callerPlugin from '../../../../gateway/http/plugins/caller.ts'
import { answerErrors } from '../../../../gateway/http/plugins/errors.ts'
import { roleRoutes } from '../../../../gateway/http/routes/roles.ts'
import { ALICE } from '../../ledger/bodies.ts'
import { openEngine, POLICIES } from '../../policy/opened-policy.ts'

const policy = await openEngine(POLICIES)

interface Answer { readonly status: number, readonly body: Record<string, unknown> }
interface Server { readonly entries: EntryBody[], readonly get: (url: string) => Promise<Answer> }

async function serverFor (t: Test, role: string): Promise<Server> {
  const entries: EntryBody[] = []
  const ledger = {
    append: async (body: EntryBody) => entries.push(body) - 1,
    settle: (permit: { readonly entry: number }, status: 'done' | 'failed' | 'unknown', detail: Readonly<Record<string, unknown>>) => { entries.push({ kind: 'outcome', of: permit.entry, status, detail }) },
  }
  const actor = { ...ALICE.actor, role }
  const { govern } = createGovernor({
    ledger,
    classify: () => { throw new Error('no call is made here') },
    policy: () => policy.current(),
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_1' },
    clock: { nowMs: () => Date.now() },
  })
  const app = Fastify()
  answerErrors(app)
  await app.register(callerPlugin, { assertKnownHost: () => {}, authenticator: { authenticate: () => ({ actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true } })
  await app.register(roleRoutes, { govern, ledger, policy, contextOf: () => ({ ...ALICE, plane: 'api', actor, session: null }) })
  t.teardown(() => app.close())
  return {
    entries,
    async get (url) {
      const { statusCode, body } = await app.inject({ method: 'GET', url, headers: { authorization: 'Bearer x' } })
      return { status: statusCode, body: JSON.parse(body) as Answer['body'] }
    },
  }
}

await t.test('everybody is told what the own role may do, by the policy in force', async (t) => {
  const { get, entries } = await serverFor(t, 'reader')
  const { status, body } = await get('/weir/api/v1/roles/reader')
  t.equal(status, 200)
  t.match(body, { revision: policy.current().revision, role: 'reader' })
  t.match((body['cells'] as object[]).find((cell) => 'ability' in cell && cell.ability === 'edit'), { environment: 'DEV', gets: 'nothing', rule: 'grants.not_granted' })
  t.notMatch(JSON.stringify(body), 'dataAt', 'a bundle has no lines of data')
  t.match(entries, [{ kind: 'decision', input: { kind: 'route', route: { class: 'weir-decide' } } }, { kind: 'outcome', status: 'done' }])
  t.equal(entries.length, 2, 'what was asked about is recorded nowhere')
})

await t.test('other roles are shown to who may see the policy', async (t) => {
  const reader = await serverFor(t, 'reader')
  t.match(await reader.get('/weir/api/v1/roles/operator'), { status: 403, body: { error: { rule: 'routes.route_not_allowed' } } })
  t.equal((await reader.get('/weir/api/v1/roles')).status, 403)
  const auditor = await serverFor(t, 'auditor')
  t.match(await auditor.get('/weir/api/v1/roles/operator'), { status: 200, body: { role: 'operator' } })
  t.match(await auditor.get('/weir/api/v1/roles/nobody'), { status: 404 })
  t.match(await auditor.get('/weir/api/v1/roles/__proto__'), { status: 404 })
  t.same(((await auditor.get('/weir/api/v1/roles')).body['roles'] as Array<{ role: string }>).map(({ role }) => role).sort(), Object.keys(policy.data().roles).sort())
})
