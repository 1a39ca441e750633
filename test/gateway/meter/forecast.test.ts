import t from 'tap'
import { forecast, periodNow } from '../../../gateway/meter/forecast.ts'

const at = (text: string): number => Date.parse(text)

await t.test('a forecast is the use so far divided by the share of the period that is over', async (t) => {
  const day = periodNow('day', at('2026-11-20T06:00:00Z'))
  t.same(day, { sinceMs: at('2026-11-20'), untilMs: at('2026-11-21') })
  t.equal(forecast(3, day, at('2026-11-20T06:00:00Z')), 12)
  t.same(periodNow('month', at('2026-12-31T23:00:00Z')), { sinceMs: at('2026-12-01'), untilMs: at('2027-01-01') })
  t.same(periodNow('hour', at('2026-11-20T06:30:00Z')), { sinceMs: at('2026-11-20T06:00:00Z'), untilMs: at('2026-11-20T07:00:00Z') })
})

await t.test('there is none when hardly any of the period is over, and for what does not end', async (t) => {
  t.equal(forecast(3, periodNow('day', at('2026-11-20T01:00:00Z')), at('2026-11-20T01:00:00Z')), null)
  t.equal(periodNow('total', 0), null)
  t.equal(forecast(3, null, 0), null)
})
