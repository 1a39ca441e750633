import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { openApprovalStage } from '../support/approval-stage.ts'

const { stage, approvals, waiting, waitingFor, prompt, committed, lastResults } = await openApprovalStage(t, { hold: '2m' })

await t.test('the gateway restarts while the agent waits: what waits is still there, nobody in time is said to the model, and approved later the same call passes once', async (t) => {
  stage.provider.script('ADD-FEE', [{ calls: [['write', { filePath: '/workspace/src/fee.js', content: 'export const fee = 1\n' }]] }, { text: 'I went on.' }])
  const cut = prompt('ADD-FEE').then(() => 'answered', () => 'cut off')
  const held = await waitingFor('src/fee.js')
  const config = JSON.parse(readFileSync(stage.configFile, 'utf8')) as object
  writeFileSync(stage.configFile, JSON.stringify({ ...config, approvals: { hold: '1s' } }))
  await stage.restart()
  await cut
  t.same((await waiting()).map(({ id }) => id), [held.id])
  t.match(await prompt('ADD-FEE'), /I went on\./)
  t.match(lastResults(), new RegExp(`approval ${held.id}`), 'it waits under the same approval')
  t.match(await approvals('approve', held.id), /is given/)
  t.match(await prompt('ADD-FEE'), /I went on\./)
  t.match(lastResults(), /Wrote file successfully/)
  await committed('src/fee.js', 'fee = 1')
  t.same(await waiting(), [])
})
