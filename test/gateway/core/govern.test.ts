import t from 'tap'
import { createGovernor, type GovernPorts } from '../../../gateway/core/govern.ts'
import { isIssued, type Permit } from '../../../gateway/core/permit.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { Decision, Verdict } from '../../../gateway/core/decision.ts'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import type { GivenApproval } from '../../../gateway/core/ports.ts'
import type { Classification, ToolCall } from '../../../gateway/core/tool-call.ts'

const context: Context = {
  plane: 'api', actor: { id: 'alice', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null,
}
const call: ToolCall = {
  readable: true, protocol: 'opencode', native: 'read', tool: 'read-file', args: {}, targets: [{ path: 'a', access: 'read' }], command: null, url: null, cwd: '/workspace', digest: 'd1',
}
const facts: Classification = { tool: 'read-file', permission: 'review', targets: [{ path: 'a', class: 'source', access: 'read' }], command: null, url: null }

function decisionOf (verdict: Verdict): Decision {
  return { verdict, rule: 'x.y', reason: '', feedback: '', also: [], obligations: {}, revision: 'r1' }
}

interface World { readonly entries: EntryBody[], readonly held: string[], readonly ports: GovernPorts }

function world (changes: Partial<GovernPorts> & { verdict?: Verdict, given?: GivenApproval, used?: boolean } = {}): World {
  const entries: EntryBody[] = []
  const held: string[] = []
  const ports: GovernPorts = {
    classify: () => facts,
    policy: () => ({ revision: 'r1', evaluate: (input) => decisionOf(input.approval?.by === 'bob' ? 'allow' : changes.verdict ?? 'allow') }),
    ledger: { append: async (body) => entries.push(body) - 1, settle () {} },
    approvals: {
      find: () => changes.given ?? null,
      consume: () => changes.used !== true,
      hold (digest) {
        held.push(digest)
        return 'apr_1'
      },
    },
    clock: { nowMs: () => 42 },
    ...changes,
  }
  return { entries, held, ports }
}

await t.test('an allow is recorded first and then carries a permit that names its entry', async (t) => {
  const { entries, ports } = world()
  const governed = await createGovernor(ports).govern({ kind: 'tool-call', call }, context)
  t.equal(governed.decision.verdict, 'allow')
  t.equal(governed.permit?.entry, 0)
  t.equal(governed.permit?.digest, 'd1')
  t.match(entries, [{ kind: 'decision', plane: 'api', digest: 'd1', input: { kind: 'tool-call', permission: 'review', now_ms: 42 } }])
})

await t.test('a deny and a pending are recorded too and carry no permit; a pending is queued', async (t) => {
  const denied = world({ verdict: 'deny' })
  t.match(await createGovernor(denied.ports).govern({ kind: 'tool-call', call }, context), { permit: null, approval: null })
  t.equal(denied.entries.length, 1)
  const pending = world({ verdict: 'pending' })
  t.match(await createGovernor(pending.ports).govern({ kind: 'tool-call', call }, context), { permit: null, approval: 'apr_1' })
  t.match(pending.entries, [{ approval: 'apr_1' }])
  t.same(pending.held, ['d1'])
})

await t.test('nothing is permitted when the ledger cannot record', async (t) => {
  const { ports } = world({ ledger: { append: async () => { throw new GatewayError('WEIR_ERR_LEDGER_APPEND') }, settle () {} } })
  await t.rejects(createGovernor(ports).govern({ kind: 'tool-call', call }, context), { code: 'WEIR_ERR_LEDGER_APPEND' })
})

await t.test('an unreadable call is denied without asking policy', async (t) => {
  const { ports } = world()
  const governed = await createGovernor(ports).govern({ kind: 'tool-call', call: { readable: false, protocol: 'opencode', native: 'bash', problem: 'no command', digest: 'd2' } }, context)
  t.match(governed, { permit: null, decision: { verdict: 'deny', rule: 'weir.unreadable_call' } })
})

await t.test('a call whose facts cannot be computed is denied', async (t) => {
  const { entries, ports } = world({ classify: () => { throw new Error('boom') } })
  t.match(await createGovernor(ports).govern({ kind: 'tool-call', call }, context), { permit: null, decision: { verdict: 'deny', rule: 'weir.classification_failed' } })
  t.equal(entries.length, 1)
})

await t.test('a given approval turns a pending call into an allow once, and the entry names it', async (t) => {
  const given = { id: 'apr_9', by: 'bob', requestedBy: 'alice', heldAtMs: 0 }
  const first = world({ verdict: 'pending', given })
  t.match(await createGovernor(first.ports).govern({ kind: 'tool-call', call }, context), { decision: { verdict: 'allow' } })
  t.match(first.entries, [{ approval: 'apr_9', input: { approval: { by: 'bob' } } }])
  const again = world({ verdict: 'pending', given, used: true })
  t.match(await createGovernor(again.ports).govern({ kind: 'tool-call', call }, context), { decision: { verdict: 'pending' }, permit: null })
})

await t.test('a preview records nothing, holds nothing and permits nothing', async (t) => {
  const { entries, held, ports } = world({ verdict: 'pending' })
  const preview = createGovernor(ports).preview({ kind: 'tool-call', call }, context)
  t.equal(preview.decision.verdict, 'pending')
  t.same([entries, held], [[], []])
  t.notOk('permit' in preview)
})

await t.test('a permit made by hand is not one', async (t) => {
  const { ports } = world()
  const { permit } = await createGovernor(ports).govern({ kind: 'tool-call', call }, context)
  t.ok(permit !== null && isIssued(permit))
  t.notOk(isIssued({ entry: 0, digest: 'd1' } as unknown as Permit))
})
