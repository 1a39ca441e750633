import fc from 'fast-check'
import t from 'tap'
import { rank, type Weighted } from '../../../../gateway/planes/model/affinity.ts'

const ITEMS: readonly Weighted[] = [{ id: '0', weight: 1 }, { id: '1', weight: 2 }, { id: '2', weight: 5 }]
const names = Array.from({ length: 8_000 }, (_, i) => `wses_${i}`)
const firstOf = (items: readonly Weighted[], name: string | null): string => rank(items, name)[0]?.id ?? ''

function shares (firsts: readonly string[]): number[] {
  return ITEMS.map(({ id }) => firsts.filter((first) => first === id).length / firsts.length)
}

await t.test('the same name meets the same order, whatever the order of the items', async (t) => {
  fc.assert(fc.property(fc.string(), fc.shuffledSubarray([...ITEMS], { minLength: 3 }), (name, shuffled) => {
    t.same(rank(shuffled, name), rank(ITEMS, name))
  }))
})

await t.test('each item is first as often as its weight says, by name and by chance', async (t) => {
  for (const firsts of [names.map((name) => firstOf(ITEMS, name)), names.map(() => firstOf(ITEMS, null))]) {
    for (const [i, share] of shares(firsts).entries()) t.ok(Math.abs(share - (ITEMS[i]?.weight ?? 0) / 8) < 0.03, `${i}: ${share}`)
  }
})

await t.test('an item that goes moves only the names it served', async (t) => {
  const fewer = ITEMS.slice(0, 2)
  t.notOk(names.some((name) => firstOf(ITEMS, name) !== '2' && firstOf(ITEMS, name) !== firstOf(fewer, name)))
})

t.end()
