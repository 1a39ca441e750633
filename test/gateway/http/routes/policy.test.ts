import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { EntryBody } from '../../../../gateway/core/ledger-entry.ts'
import { createGovernor } from '../../../../gateway/core/govern.ts'
import type { Ledger, Policy } from '../../../../gateway/core/ports.ts'
import { journalDirOf } from '../../../../gateway/ledger/journal.ts'
import callerPlugin from '../../../../gateway/http/plugins/caller.ts'
import { answerErrors } from '../../../../gateway/http/plugins/errors.ts'
import { policyRoutes } from '../../../../gateway/http/routes/policy.ts'
import { createExplanations } from '../../../../gateway/explanations.ts'
import { createReplays } from '../../../../gateway/replays.ts'
import { createShadow } from '../../../../gateway/policy/shadow.ts'
import { ALICE, decided } from '../../ledger/bodies.ts'
import { recordLedger } from '../../policy/replay/recorded-ledger.ts'
import { WRITE } from '../../../support/policy-inputs.ts'
import { answer, mainRego, openEngine, policyFolder, POLICIES } from '../../policy/opened-policy.ts'
import { testFolder } from '../../../support/test-folder.ts'

const policy = await openEngine(POLICIES)
const shadow = createShadow({ policy: () => ({ revision: 'next', evaluate: () => decided('deny') }), record: () => {} })

interface Answer { readonly status: number, readonly body: Record<string, unknown> }
interface Server { readonly entries: EntryBody[], readonly ask: (method: 'GET' | 'POST', url: string, payload?: object) => Promise<Answer> }

/** The routes, judged by the policy that comes with Weir, for a caller of this role. */
async function serverFor (t: Test, role: string, dataDir = testFolder(t), judge: () => Policy = () => policy.current()): Promise<Server> {
  const entries: EntryBody[] = []
  const ledger: Ledger = {
    append: async (body) => entries.push(body) - 1,
    settle: (permit, status, detail) => { entries.push({ kind: 'outcome', of: permit.entry, status, detail }) },
  }
  const actor = { ...ALICE.actor, role }
  const { govern } = createGovernor({
    ledger,
    classify: () => { throw new Error('no call is made here') },
    policy: judge,
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_1' },
    clock: { nowMs: () => Date.now() },
  })
  const app = Fastify()
  answerErrors(app)
  await app.register(callerPlugin, { assertKnownHost: () => {}, authenticator: { authenticate: () => ({ actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }), isStillValid: () => true } })
  await app.register(policyRoutes, { govern, ledger, policy, shadow, replays: createReplays(journalDirOf(dataDir)), explanations: createExplanations(POLICIES, process.env, 600_000), contextOf: () => ({ ...ALICE, plane: 'api', actor, session: null }) })
  t.teardown(() => app.close())
  return {
    entries,
    async ask (method, url, payload) {
      const { statusCode, body } = await app.inject({ method, url, headers: { authorization: 'Bearer x' }, ...(payload === undefined ? {} : { payload }) })
      return { status: statusCode, body: JSON.parse(body) as Answer['body'] }
    },
  }
}

await t.test('the policy in force and its shadow are shown to who may see them, and that is recorded', async (t) => {
  const { ask, entries } = await serverFor(t, 'operator')
  const { status, body } = await ask('GET', '/weir/api/v1/policy')
  t.equal(status, 200)
  t.match(body, { revision: policy.current().revision, shadow: { revision: 'next', compared: 0 } })
  t.equal((body['rules'] as unknown[]).length, policy.rules().length)
  t.match(entries, [{ kind: 'decision', decision: { verdict: 'allow' } }, { kind: 'outcome', status: 'done' }])
})

await t.test('a question of the caller is answered, and no decision about a call is recorded', async (t) => {
  const { ask, entries } = await serverFor(t, 'auditor')
  t.match(await ask('POST', '/weir/api/v1/policy/evaluate', { input: WRITE }), { status: 200, body: { decision: { verdict: 'allow', rule: 'grants.granted' } } })
  t.match(await ask('POST', '/weir/api/v1/policy/evaluate', { input: {} }), { status: 200, body: { decision: { verdict: 'deny' } } })
  t.equal((await ask('POST', '/weir/api/v1/policy/evaluate', { input: 'text' })).status, 400)
  t.ok(entries.every((entry) => entry.kind !== 'decision' || entry.input.kind === 'route'))
})

await t.test('which rules fired, and at which expression the others stopped, is told of a question', async (t) => {
  const { ask } = await serverFor(t, 'auditor')
  const [asked, second] = await Promise.all([1, 2].map(() => ask('POST', '/weir/api/v1/policy/explain', { input: { ...WRITE, environment: 'PROD' } })))
  t.same([asked?.status, second?.status].sort(), [200, 429], 'one at a time')
  const { rules, unexplained } = (asked?.status === 200 ? asked : second)?.body as { rules: ReadonlyArray<{ rule: string, fired: boolean, blocked: { expression: string, row: number } | null }>, unexplained: unknown }
  t.equal(unexplained, null)
  t.ok(rules.some(({ fired }) => fired))
  t.match(rules.find(({ rule }) => rule === 'grants.granted'), { fired: false, blocked: { expression: /\S/, row: Number } })
  const deep = `{"input":{"x":"${'x'.repeat(300_000)}"}}`
  t.equal((await ask('POST', '/weir/api/v1/policy/explain', JSON.parse(deep) as object)).status, 413)
})

await t.test('a folder that is no longer what is in force, and a bundle, explain nothing', async (t) => {
  t.match(await createExplanations(POLICIES, process.env, 600_000).of('another', WRITE), { rules: [], unexplained: /no longer what is in force/ })
  t.match(await createExplanations(null, process.env).of(policy.current().revision, WRITE), { rules: [], unexplained: /keeps no sources/ })
})

await t.test('what another policy would have decided is told to who may see both the policy and the ledger', async (t) => {
  const dataDir = testFolder(t)
  const { decisions } = await recordLedger(dataDir, policy)
  const { ask, entries } = await serverFor(t, 'auditor', dataDir)
  const same = await ask('POST', '/weir/api/v1/policy/replay', { bundle: Buffer.from(policy.archive()).toString('base64') })
  t.match(same, { status: 200, body: { revision: policy.current().revision, changed: 0 } })
  t.ok(Number(same.body['replayed']) > decisions / 2)
  const deny = await openEngine(await policyFolder({ 'weir/main.rego': mainRego(`decision := ${answer('"deny"', '"x.no"')}`) }))
  const other = await ask('POST', '/weir/api/v1/policy/replay', { bundle: Buffer.from(deny.archive()).toString('base64'), examples: 1 })
  t.equal(other.body['changed'], same.body['replayed'])
  t.match(await ask('POST', '/weir/api/v1/policy/replay', { bundle: 'AAAA' }), { status: 503, body: { error: { code: 'WEIR_ERR_POLICY_BUILD' } } })
  t.ok(entries.every((entry) => entry.kind !== 'decision' || entry.input.kind === 'route'), 'nothing of a replay is recorded as a decision')
  const [first, second] = await Promise.all([1, 2].map(() => ask('POST', '/weir/api/v1/policy/replay', { bundle: Buffer.from(deny.archive()).toString('base64') })))
  t.same([first?.status, second?.status].sort(), [200, 429], 'one at a time')
})

await t.test('a role that may see the policy and not the ledger gets no replay', async (t) => {
  const judge = (): Policy => ({ revision: 'r', evaluate: ({ route }) => decided(route?.class === 'weir-policy' ? 'allow' : 'deny') })
  const { ask, entries } = await serverFor(t, 'operator', testFolder(t), judge)
  t.equal((await ask('POST', '/weir/api/v1/policy/evaluate', { input: WRITE })).status, 200)
  t.equal((await ask('POST', '/weir/api/v1/policy/replay', { bundle: Buffer.from(policy.archive()).toString('base64') })).status, 403)
  t.match(entries.at(-1), { kind: 'outcome', status: 'failed' })
})

await t.test('other roles see neither', async (t) => {
  for (const role of ['author', 'reader', 'approver', 'nobody']) {
    const { ask, entries } = await serverFor(t, role)
    t.equal((await ask('GET', '/weir/api/v1/policy')).status, 403, role)
    t.equal((await ask('POST', '/weir/api/v1/policy/evaluate', { input: WRITE })).status, 403, role)
    t.equal((await ask('POST', '/weir/api/v1/policy/replay', { bundle: 'AAAA' })).status, 403, role)
    t.equal((await ask('POST', '/weir/api/v1/policy/explain', { input: WRITE })).status, 403, role)
    t.match(entries, [{ decision: { verdict: 'deny' } }, { decision: { verdict: 'deny' } }, { decision: { verdict: 'deny' } }, { decision: { verdict: 'deny' } }])
  }
})
