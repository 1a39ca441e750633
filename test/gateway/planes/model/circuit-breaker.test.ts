import t from 'tap'
import { createCircuitBreaker } from '../../../../gateway/planes/model/circuit-breaker.ts'

await t.test('failures in a row put an endpoint out; a success between them starts the count anew', async (t) => {
  const breaker = createCircuitBreaker(() => 0)
  for (let i = 0; i < 4; i += 1) breaker.failed()
  breaker.succeeded()
  for (let i = 0; i < 4; i += 1) breaker.failed()
  t.notOk(breaker.isOut())
  breaker.failed()
  t.ok(breaker.isOut())
  t.notOk(breaker.admits())
})

await t.test('one probe at a time, a failed one doubles the rest up to a minute, a good one ends it', async (t) => {
  const clock = { nowMs: 0 }
  const breaker = createCircuitBreaker(() => clock.nowMs)
  for (let i = 0; i < 5; i += 1) breaker.failed()
  for (const restMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    clock.nowMs += restMs - 1
    t.notOk(breaker.admits())
    clock.nowMs += 1
    t.ok(breaker.admits())
    t.notOk(breaker.admits(), 'the probe is under way')
    breaker.failed()
  }
  clock.nowMs += 60_000
  t.ok(breaker.admits())
  breaker.abandoned()
  t.ok(breaker.admits(), 'a probe that told nothing leaves its place')
  breaker.succeeded()
  t.ok(breaker.admits() && breaker.admits() && !breaker.isOut())
})

await t.test('failures of requests that were under way do not lengthen the rest', async (t) => {
  const clock = { nowMs: 0 }
  const breaker = createCircuitBreaker(() => clock.nowMs)
  for (let i = 0; i < 50; i += 1) breaker.failed()
  clock.nowMs += 5_000
  t.ok(breaker.admits())
})

t.end()
