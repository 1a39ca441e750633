import type { Context } from '../gateway/core/actor.ts'
import { createGovernor, type Governor } from '../gateway/core/govern.ts'
import type { Permit } from '../gateway/core/permit.ts'
import type { Subject } from '../gateway/core/subject.ts'

export const BENCH_CONTEXT: Context = {
  plane: 'ask', actor: { id: 'bench', role: 'author', groups: [], org: 'local' }, app: 'shop', environment: 'DEV', session: { id: 'wses_bench', client: 'opencode', agent: '' },
}

/** The real `govern` over a rule that allows everything and a ledger that keeps nothing, for benches of what comes after a decision. */
export function allowingGovernor (): Governor {
  let entries = 0
  return createGovernor({
    classify: () => ({ tool: 'run-shell', permission: 'edit', targets: [], command: null, url: null }),
    policy: () => ({ revision: 'bench', evaluate: () => ({ verdict: 'allow', rule: 'bench.allow', reason: '', feedback: '', also: [], obligations: {}, revision: 'bench' }) }),
    ledger: { append: async () => { entries += 1; return entries }, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_bench' },
    clock: { nowMs: Date.now },
  })
}

export async function permitFor (governor: Governor, subject: Subject): Promise<Permit> {
  const { permit } = await governor.govern(subject, BENCH_CONTEXT)
  if (permit === null) throw new Error('what the bench asked for was not allowed')
  return permit
}
