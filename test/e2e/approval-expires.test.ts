import t from 'tap'
import { openApprovalStage } from '../support/approval-stage.ts'
import { until } from '../support/until.ts'

const { stage, approvals, waiting, waitingFor, prompt, lastResults } = await openApprovalStage(t, { hold: '2s', lifetime: '2s' })

await t.test('left until it expired: the model reads that, nothing is written, and a late yes is none', async (t) => {
  stage.provider.script('ADD-LATE', [{ calls: [['write', { filePath: '/workspace/src/late.js', content: 'export const late = 1\n' }]] }, { text: 'Then without.' }])
  const turn = prompt('ADD-LATE')
  const held = await waitingFor('src/late.js')
  t.match(await turn, /Then without\./)
  t.match(lastResults(), new RegExp(`Nobody approved this call in time, which denies it \\(approval ${held.id}`))
  await until(async () => (await stage.ledger()).some((entry) => entry.kind === 'event' && entry.name === 'approval-expired' && entry.detail['approval'] === held.id))
  await t.rejects(approvals('approve', held.id), /There is no such approval|has expired/)
  t.same(await waiting(), [])
  t.notOk(stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('late.js'))
  const passed = (await stage.ledger()).filter((entry) => entry.kind === 'decision' && entry.approval === held.id && entry.decision.verdict === 'allow')
  t.same(passed, [])
})
