import type { Context } from '../../../gateway/core/actor.ts'
import type { Decision } from '../../../gateway/core/decision.ts'
import { createGovernor, type Govern } from '../../../gateway/core/govern.ts'
import { eventBody, type DecisionBody, type EventBody } from '../../../gateway/core/ledger-entry.ts'
import type { Ledger } from '../../../gateway/core/ports.ts'
import type { Verdict } from '../../../gateway/core/decision.ts'
import { WRITE } from '../../support/policy-inputs.ts'

export const ALICE: Context = {
  plane: 'model',
  actor: { id: 'alice@acme.test', role: 'author', groups: ['payments'], org: 'acme' },
  app: 'shop',
  environment: 'DEV',
  session: { id: 'wses_alice', client: 'opencode/1.18.33', agent: 'build' },
}

export const BOB: Context = { ...ALICE, actor: { ...ALICE.actor, id: 'bob@acme.test' }, environment: 'PROD', session: { ...ALICE.session, id: 'wses_bob' } as Context['session'] }

export function decided (verdict: Verdict, obligations: Decision['obligations'] = {}): Decision {
  return { verdict, rule: `weir.test_${verdict}`, reason: 'as the test says', feedback: 'as the test says', also: [], obligations, revision: 'r'.repeat(64) }
}

/** A whole decision entry, as `govern` would append it. */
export function decisionBody (verdict: Verdict, context: Context = ALICE, nowMs = 1): DecisionBody {
  return {
    kind: 'decision',
    plane: context.plane,
    digest: 'd'.repeat(64),
    approval: null,
    decision: decided(verdict),
    input: {
      ...WRITE,
      actor: context.actor,
      app: context.app,
      environment: context.environment,
      session: context.session,
      tool: { name: 'write-file', native: 'edit', protocol: 'opencode', args: { filePath: 'src/cart.ts' } },
      targets: [{ path: 'src/cart.ts', class: 'source', access: 'write' }],
      now_ms: nowMs,
    },
  }
}

export function plainEvent (name: string, detail: EventBody['detail'] = {}, context: Context | null = null): EventBody {
  return eventBody(name, context, detail)
}

/** The real `govern` over this ledger, with a policy that always answers the same. */
export function governWith (ledger: Ledger, decision: Decision): Govern {
  return createGovernor({
    classify: () => { throw new Error('these tests ask about routes and models only') },
    policy: () => ({ revision: decision.revision, evaluate: () => decision }),
    ledger,
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_test' },
    clock: { nowMs: () => Date.now() },
  }).govern
}
