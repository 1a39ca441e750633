import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import type { Approval } from '../../../../gateway/approvals/approval.ts'
import { createHolds, type Holding } from '../../../../gateway/planes/model/hold-call.ts'

type OnSaid = Parameters<Holding['approvals']['whenSaid']>[1]

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

// A connection and a queue that say what they are told, so that nothing here has to wait for a time.
function world ({ leftMs = 3_600_000, isFull = false } = {}) {
  const response = Object.assign(new EventEmitter(), { destroyed: false })
  const waiting = new Map<string, OnSaid>()
  const holds = createHolds(response as unknown as ServerResponse, {
    msLeft: () => leftMs,
    whenSaid (id, onSaid) {
      if (isFull) return null
      waiting.set(id, onSaid)
      return () => waiting.delete(id)
    },
  })
  return {
    holds,
    response,
    waiting,
    say: (id: string, said: Pick<Approval, 'state'> & { readonly note?: string }) => waiting.get(id)?.({ note: null, ...said } as unknown as Approval),
    listeners: () => response.listenerCount('close'),
  }
}

await t.test('when the client leaves, every hold ends at once and nobody waits for a word any more', async (t) => {
  const { holds, response, waiting, listeners } = world()
  const before = timers()
  const both = [holds('a', 60_000), holds('b', 60_000)]
  t.same([listeners(), waiting.size, timers()], [1, 2, before + 2])
  response.emit('close')
  t.same(await Promise.all(both), [{ how: 'gone' }, { how: 'gone' }])
  t.same([listeners(), waiting.size, timers()], [0, 0, before])
})

await t.test('a word ends its own hold and leaves the other; the listener goes with the last', async (t) => {
  const { holds, say, waiting, listeners } = world()
  const [first, second] = [holds('a', 60_000), holds('b', 60_000)]
  say('a', { state: 'refused', note: 'not on a Friday' })
  t.same(await first, { how: 'refused', note: 'not on a Friday' })
  t.same([listeners(), [...waiting.keys()]], [1, ['b']])
  say('b', { state: 'given' })
  t.same(await second, { how: 'again' })
  t.same([listeners(), waiting.size], [0, 0])
  const third = holds('c', 60_000)
  t.equal(listeners(), 1)
  say('c', { state: 'refused' })
  t.same(await third, { how: 'refused', note: '' })
})

await t.test('a word for a client that has left is none, also before its connection says so', async (t) => {
  const { holds, response, say, listeners } = world()
  const held = holds('a', 60_000)
  response.destroyed = true
  say('a', { state: 'given' })
  t.same(await held, { how: 'gone' })
  t.same(await holds('b', 60_000), { how: 'gone' })
  t.equal(listeners(), 0)
})

await t.test('it ends with the time, or with the approval\'s own when that is not longer', async (t) => {
  for (const [ms, leftMs, how] of [[1, 2, 'late'], [2, 1, 'expired'], [1, 1, 'expired']] as const) {
    const { holds, waiting, listeners } = world({ leftMs })
    t.same(await holds('a', ms), { how }, `${ms} ${leftMs}`)
    t.same([listeners(), waiting.size], [0, 0])
  }
})

await t.test('nobody is waited for when the time is over, or too many wait', async (t) => {
  const { holds, waiting, listeners } = world()
  for (const ms of [0, -1]) {
    const held = holds('a', ms)
    t.same([listeners(), waiting.size], [0, 0])
    t.same(await held, { how: 'late' })
  }
  const full = world({ isFull: true })
  t.same(await full.holds('a', 60_000), { how: 'late' })
  t.equal(full.listeners(), 0)
})

t.end()
