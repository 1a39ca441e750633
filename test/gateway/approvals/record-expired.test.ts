import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openApprovals, type Approvals } from '../../../gateway/approvals/approvals.ts'
import { recordExpired } from '../../../gateway/approvals/record-expired.ts'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { ALICE, decided } from '../ledger/bodies.ts'

const DAY_MS = 86_400_000

/** A queue that is opened again and again on the same file, at a time after its one approval has expired. */
function desk (t: Test): { readonly id: string, open (): Approvals } {
  const file = join(testFolder(t), 'approvals.jsonl')
  let now = 1_000
  const open = (): Approvals => openApprovals({ file, nowMs: () => now, revision: () => 'r', onWarning: (message) => { throw new Error(message) } })
  const approvals = open()
  const id = approvals.hold('d'.repeat(64), ALICE, decided('pending'), WRITE)
  approvals.close()
  now += DAY_MS
  return { id, open }
}

await t.test('that nobody answered is recorded once, though nobody looks, and by no later start', async (t) => {
  const { id, open } = desk(t)
  const approvals = open()
  const recorded: EntryBody[] = []
  const stop = recordExpired(approvals, async (body) => { recorded.push(body) }, (message) => { throw new Error(message) })
  await until(() => recorded.length > 0)
  stop()
  t.match(recorded, [{ kind: 'event', name: 'approval-expired', app: 'shop', environment: 'DEV', detail: { approval: id, requestedBy: 'alice@acme.test' } }])
  approvals.close()
  const later = open()
  t.same(later.sweep(), [])
  t.equal(later.get(id), null)
  later.close()
})

await t.test('what the ledger did not take is said by the next start', async (t) => {
  const { id, open } = desk(t)
  const approvals = open()
  const warnings: string[] = []
  const stop = recordExpired(approvals, async () => { throw new Error('the disk is full') }, (message) => { warnings.push(message) })
  await until(() => warnings.length > 0)
  stop()
  approvals.close()
  const later = open()
  t.same(later.sweep().map((approval) => approval.id), [id])
  later.close()
})
