import t from 'tap'
import { parseTimeMs } from '../../../gateway/ledger/entry-filter.ts'

await t.test('times are milliseconds, ISO dates or ages', async (t) => {
  const now = 1_000_000_000_000
  t.equal(parseTimeMs('1234', now), 1234)
  t.equal(parseTimeMs('2026-11-20', now), Date.UTC(2026, 10, 20))
  t.equal(parseTimeMs('2026-11-20T10:00:00Z', now), Date.UTC(2026, 10, 20, 10))
  t.equal(parseTimeMs('90s', now), now - 90_000)
  t.equal(parseTimeMs('7d', now), now - 7 * 86_400_000)
})

await t.test('what is no time is refused, also what Date.parse would take for one', async (t) => {
  for (const text of ['', 'yesterday', '1', '-5', '5 m', 'May', '2026-99-99', '1e3']) {
    t.equal(parseTimeMs(text, 0), text === '1' ? 1 : null, text)
  }
})
