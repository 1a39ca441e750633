import type { Context } from '../../gateway/core/actor.ts'
import type { Verdict } from '../../gateway/core/decision.ts'
import { createGovernor, type Governor } from '../../gateway/core/govern.ts'
import type { EntryBody } from '../../gateway/core/ledger-entry.ts'
import { NO_OBLIGATIONS, type Obligations } from '../../gateway/core/obligations.ts'
import type { Permit } from '../../gateway/core/permit.ts'
import type { PolicyInput } from '../../gateway/core/policy-input.ts'
import type { SessionLedger } from '../../gateway/sessions/session-ports.ts'

/** The real `govern` over a rule given as a function and a ledger kept in memory. */
export interface Door { readonly governor: Governor, readonly ledger: SessionLedger, readonly entries: EntryBody[] }

export const CONTEXT: Context = {
  plane: 'client',
  actor: { id: 'alice@acme.test', role: 'author', groups: [], org: 'acme' },
  app: 'shop',
  environment: 'DEV',
  session: { id: 'wses_aaaaaaaaaaaaaaaaaaaaaaaaaa', client: 'opencode', agent: '' },
}

export function openDoor (rule: (input: PolicyInput) => Verdict, oblige: (input: PolicyInput) => Obligations = () => NO_OBLIGATIONS): Door {
  const entries: EntryBody[] = []
  const ledger: SessionLedger = {
    append: async (body) => entries.push(body) - 1,
    settle: (permit, status, detail) => { entries.push({ kind: 'outcome', of: permit.entry, status, detail }) },
    record: (body) => { entries.push(body) },
  }
  const governor = createGovernor({
    ledger,
    clock: { nowMs: () => Date.now() },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_1' },
    classify: (call) => ({
      tool: call.tool,
      permission: 'edit',
      targets: [],
      url: null,
      command: call.command === null ? null : { text: call.command, programs: [], opaque: false, problems: [], network: false, writes: [], reads: [] },
    }),
    policy: () => ({
      revision: 'r1',
      evaluate (input) {
        const verdict = rule(input)
        return { verdict, rule: `test.${verdict}`, reason: 'because', feedback: `Rule test.${verdict} says no.`, also: [], obligations: oblige(input), revision: 'r1' }
      },
    }),
  })
  return { governor, ledger, entries }
}

/** A permit from the real door. */
export async function permitFrom (door: Door): Promise<Permit> {
  const { permit } = await door.governor.govern({ kind: 'session' }, CONTEXT)
  if (permit === null) throw new Error('the rule of this test does not allow sessions')
  return permit
}
