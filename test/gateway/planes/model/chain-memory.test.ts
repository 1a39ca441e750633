import t from 'tap'
import { createChainMemory } from '../../../../gateway/planes/model/chain-memory.ts'

await t.test('a member is remembered for five minutes from its last answer, and the first choice not at all', (t) => {
  const clock = { nowMs: 0 }
  const memory = createChainMemory(() => clock.nowMs)
  memory.remember('a', 'two/m')
  clock.nowMs = 299_999
  t.equal(memory.recall('a'), 'two/m')
  memory.remember('a', 'two/m')
  clock.nowMs = 599_998
  t.equal(memory.recall('a'), 'two/m')
  clock.nowMs = 599_999
  t.equal(memory.recall('a'), null)
  memory.remember('a', 'two/m')
  memory.remember('a', null)
  t.equal(memory.recall('a'), null)
  t.end()
})

await t.test('ten thousand are remembered at most, those that answered last', (t) => {
  const memory = createChainMemory(() => 0)
  for (let session = 0; session < 10_000; session += 1) memory.remember(String(session), 'two/m')
  memory.remember('0', 'three/m')
  t.equal(memory.recall('1'), 'two/m')
  memory.remember('new', 'two/m')
  t.same(['0', '1', '2', 'new'].map((session) => memory.recall(session)), ['three/m', null, 'two/m', 'two/m'])
  t.end()
})

t.end()
