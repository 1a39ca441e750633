import fc from 'fast-check'
import t from 'tap'
import { chargeFor } from '../../../gateway/sessions/credits.ts'

const RATES = { milliPerContainerSecond: 1_000, milliPerSessionSecond: 100 }

await t.test('every started second counts whole, of the container and of the session', async (t) => {
  t.same(chargeFor(RATES, 0, 0), { sessionSeconds: 0, containerSeconds: 0, milliCredits: 0 })
  t.same(chargeFor(RATES, 1, 1), { sessionSeconds: 1, containerSeconds: 1, milliCredits: 1_100 })
  t.same(chargeFor(RATES, 62_001, 60_000), { sessionSeconds: 63, containerSeconds: 60, milliCredits: 66_300 })
})

await t.test('a clock that stepped back charges nothing', async (t) => {
  t.same(chargeFor(RATES, -5_000, -1), { sessionSeconds: 0, containerSeconds: 0, milliCredits: 0 })
})

await t.test('credits are whole thousandths and never fall as time goes on', async () => {
  const rate = fc.nat(1_000_000)
  fc.assert(fc.property(rate, rate, fc.nat(), fc.nat(), (milliPerContainerSecond, milliPerSessionSecond, ms, more) => {
    const rates = { milliPerContainerSecond, milliPerSessionSecond }
    const [less, all] = [chargeFor(rates, ms, ms).milliCredits, chargeFor(rates, ms + more, ms + more).milliCredits]
    return Number.isInteger(less) && less <= all
  }))
})
