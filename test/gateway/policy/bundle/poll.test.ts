import fc from 'fast-check'
import t from 'tap'
import { backOff, pollBundles } from '../../../../gateway/policy/bundle/poll.ts'

await t.test('pauses after failures grow, stay within the limits and never reach nothing', (t) => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 100_000 }), fc.nat(10_000), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (minMs, more, failures, fraction) => {
    const pause = backOff({ minMs, maxMs: minMs + more, random: () => fraction }, failures)
    return pause >= 100 && pause <= Math.max(100, minMs + more)
  }))
  const top = (failures: number): number => backOff({ minMs: 1_000, maxMs: 60_000, random: () => 0.999_999 }, failures)
  t.ok(top(1) < top(3) && top(3) < top(5))
  t.equal(Math.round(top(50)), 60_000)
  t.end()
})

await t.test('it asks on after failures, and not after its end', async (t) => {
  // Its own pauses keep no process alive.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  let asked = 0
  const thrice = new Promise<void>((resolve) => {
    const stop = pollBundles({
      minMs: 1,
      maxMs: 1,
      longPollSeconds: 0,
      async ask (_wait, signal) {
        asked += 1
        if (asked < 3) throw new Error('away')
        stop()
        resolve()
        return signal.aborted
      },
    })
  })
  await thrice
  t.equal(asked, 3)
})
