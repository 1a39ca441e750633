import { join } from 'node:path'
import type { Test } from 'tap'
import { openApprovals, type Approvals } from '../../../gateway/approvals/approvals.ts'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import type { Context } from '../../../gateway/core/actor.ts'
import type { CallBase } from '../../../gateway/core/approval-scope.ts'
import type { Permit } from '../../../gateway/core/permit.ts'
import { WRITE as QUESTION } from '../../support/policy-inputs.ts'
import { ALICE, governed } from '../../adapters/opencode/fixtures/governed.ts'
import { testFolder } from '../../support/test-folder.ts'

export const HOUR_MS = 3_600_000
export const WRITE = decodeOpencodeCall('write', { filePath: 'a.ts', content: 'x' }, '/workspace')

export interface Desk { readonly file: string, now: number, revision: string, warnings: string[], open (): Approvals }

export function desk (t: Test): Desk {
  const file = join(testFolder(t), 'approvals.jsonl')
  const made: Desk = {
    file,
    now: 1_000,
    revision: 'r1',
    warnings: [],
    open: () => openApprovals({ file, nowMs: () => made.now, revision: () => made.revision, onWarning: (message) => { made.warnings.push(message) } }),
  }
  return made
}

export async function bobsPermit (): Promise<Permit> {
  const { permit } = await governed(() => 'allow').govern({ kind: 'approval', approval: 'apr_x', requestedBy: 'alice', permission: 'edit', heldAtMs: 0 }, ALICE)
  if (permit === null) throw new Error('no permit')
  return permit
}

export async function held (approvals: Approvals): Promise<string> {
  const { approval } = await governed(() => 'pending', approvals).govern({ kind: 'tool-call', call: WRITE }, ALICE)
  if (approval === null) throw new Error('not held')
  return approval
}

export const BASE = { all: 'a1', reads: 'r1' }
export const baseOf = (base: CallBase | null) => () => base

/** Holds the call with these files in this session. */
export function heldWith (approvals: Approvals, base: CallBase | null, session: Context['session'] = null, revision = 'r1'): string {
  const decision = { verdict: 'pending', rule: `test.${revision}`, reason: '', feedback: '', also: [], obligations: {}, revision } as const
  return approvals.hold(WRITE.digest, { ...ALICE, session }, decision, QUESTION, { base, text: () => '{"filePath":"a.ts"}' })
}

/** For what has to be there. */
export function never (): never {
  throw new Error('there is no such approval')
}
