import t from 'tap'
import { decodeOpencodeCall } from '../../../adapters/opencode/decode.ts'
import { MAX_PLANS_AT_ONCE, PlanTurns } from '../../../gateway/sessions/plan-turns.ts'

const read = decodeOpencodeCall('read', { filePath: 'README.md' }, '/workspace')
const write = decodeOpencodeCall('write', { filePath: 'README.md', content: 'x' }, '/workspace')

await t.test('in a plan, and in what a plan started, only looking counts; elsewhere every call does', async (t) => {
  const planning = new PlanTurns()
  t.equal(planning.counted(write, null), write, 'there is no plan')
  const onOver = planning.begin('ses_plan')
  t.match(planning.counted(write, 'ses_plan'), { readable: false, native: 'write', digest: write.digest })
  t.match(planning.counted(write, 'ses_child', 'ses_plan'), { readable: false })
  t.match(planning.counted(write, null), { readable: false }, 'who does not say where it comes from could come from there')
  t.equal(planning.counted(write, 'ses_build', 'ses_other'), write)
  for (const native of ['bash', 'task', 'webfetch', 'todowrite', 'nothing']) t.match(planning.counted(decodeOpencodeCall(native, {}, '/workspace'), 'ses_plan'), { readable: false })
  t.equal(planning.counted(read, 'ses_plan'), read)
  onOver()
  t.equal(planning.counted(write, 'ses_plan'), write)
})

await t.test('there are so many places for plans, and each is given back', async (t) => {
  const planning = new PlanTurns()
  const places = Array.from({ length: MAX_PLANS_AT_ONCE }, () => planning.enter())
  t.equal(planning.enter(), null)
  places[0]?.()
  t.not(planning.enter(), null)
})
