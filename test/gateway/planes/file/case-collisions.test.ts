import fc from 'fast-check'
import t from 'tap'
import { createSpellings } from '../../../../gateway/planes/file/case-collisions.ts'

const collisions = (fresh: string[], gone: string[], known: string[]): string[] => [...createSpellings(known).collisions(fresh, gone)]

await t.test('a new path that differs from a known one only by case collides', async (t) => {
  t.same(collisions(['readme.md', 'other.md'], [], ['README.md']), ['readme.md'])
})

await t.test('a new path in a folder that differs only by case collides', async (t) => {
  t.same(collisions(['.GitHub/x.yml', 'SRC/a.js'], [], ['.github/ci.yml', 'src/a.js']), ['.GitHub/x.yml', 'SRC/a.js'])
})

await t.test('of two new paths the later one collides', async (t) => {
  t.same(collisions(['b.js', 'B.js'], [], []), ['b.js'])
})

await t.test('a rename that only changes case is no collision, of a whole folder neither, and of a part of one it is', async (t) => {
  t.same(collisions(['readme.md'], ['README.md'], ['README.md']), [])
  t.same(collisions(['src/a', 'src/b'], ['SRC/a', 'SRC/b'], ['SRC/a', 'SRC/b']), [])
  t.same(collisions(['src/a'], ['SRC/a'], ['SRC/a', 'SRC/b']), ['src/a'])
})

await t.test('letters that fold into one collide', async (t) => {
  t.same(collisions(['ﬁle', 'straSSe', '\u212Aey'], [], ['file', 'straße', 'key']), ['straSSe', '\u212Aey', 'ﬁle'])
})

await t.test('what came and went since it was made counts as if it had been made now', async (t) => {
  const path = fc.array(fc.constantFrom('a', 'A', 'ß', 'SS'), { minLength: 1, maxLength: 2 }).map((parts) => parts.join('/'))
  fc.assert(fc.property(fc.array(path), fc.array(fc.tuple(fc.boolean(), path), { maxLength: 40, size: 'max' }), fc.array(path), fc.array(path), (start, steps, fresh, gone) => {
    const now = new Set(start)
    const kept = createSpellings(now)
    for (const [comes, one] of steps) {
      if (comes && !now.has(one)) kept.add(one)
      if (!comes && now.has(one)) kept.remove(one)
      if (comes) now.add(one)
      else now.delete(one)
    }
    const [added, left] = [[...new Set(fresh)].filter((one) => !now.has(one)), [...new Set(gone)].filter((one) => now.has(one))]
    const made = createSpellings(now)
    t.same([...kept.collisions(added, left)], [...made.collisions(added, left)])
    t.same([...start, ...fresh].map(kept.has), [...start, ...fresh].map(made.has))
  }))
})
