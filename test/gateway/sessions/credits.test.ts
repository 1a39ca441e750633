import t from 'tap'
import { chargeFor } from '../../../gateway/sessions/credits.ts'

await t.test('every started minute is one credit, the first one always', async (t) => {
  t.same(chargeFor(0, 0), { seconds: 0, credits: 1 })
  t.same(chargeFor(0, 60_000), { seconds: 60, credits: 1 })
  t.same(chargeFor(0, 60_001), { seconds: 61, credits: 2 })
  t.same(chargeFor(0, 3_600_000), { seconds: 3_600, credits: 60 })
})

await t.test('a clock that stepped back charges the first minute only', async (t) => {
  t.same(chargeFor(10_000, 0), { seconds: 0, credits: 1 })
})
