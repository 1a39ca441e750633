import fc from 'fast-check'
import t from 'tap'
import { backoffMs, isSafeToRetry, retryAfterMs } from '../../../../gateway/planes/model/retry-rules.ts'

const NOW = Date.UTC(2026, 0, 1)

await t.test('a Retry-After is seconds or a date, and else says nothing', async (t) => {
  t.equal(retryAfterMs('7', NOW), 7_000)
  t.equal(retryAfterMs('0', NOW), 0)
  t.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', NOW), 30_000)
  t.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', NOW), 0)
  for (const value of [null, '', '-1', '1.5', '1e3', 'soon', '99999999', 'Thu, no date', `Thu, ${'0'.repeat(99)}`]) t.equal(retryAfterMs(value, NOW), null, `${value}`)
})

await t.test('whatever a provider writes there, the wait is a number of milliseconds or nothing', async () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `Thu, ${text}`), fc.integer().map(String)), (value) => {
    const waitMs = retryAfterMs(value, NOW)
    return waitMs === null || (Number.isFinite(waitMs) && waitMs >= 0)
  }))
})

await t.test('the wait between attempts is bounded, however many failed', async (t) => {
  for (const failures of [0, 1, 5, 50, 2_000]) t.ok(backoffMs(failures) >= 0 && backoffMs(failures) <= 8_000)
})

await t.test('only what cannot have been billed is safe', async (t) => {
  for (const status of [200, 301, 400, 401, 403, 404, 409, 413, 422, 500, 501, 505]) t.notOk(isSafeToRetry({ status, code: null, retryAfter: null }), `${status}`)
  for (const code of [null, 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_DESTROYED', 'UND_ERR_ABORTED', 'HPE_INVALID_CONSTANT', 'CERT_HAS_EXPIRED']) {
    t.notOk(isSafeToRetry({ status: null, code, retryAfter: null }), `${code}`)
  }
})

t.end()
