import t from 'tap'
import { caseCollisions } from '../../../../gateway/planes/file/case-collisions.ts'
import type { Tree } from '../../../../gateway/project/tree.ts'

const tree = (...paths: string[]): Tree => new Map(paths.map((path) => [path, { mode: '100644', id: '0' }]))
const collisions = (written: string[], gone: string[], known: Tree): string[] => [...caseCollisions(written, new Set(gone), known)]

await t.test('a new path that differs from a known one only by case collides', async (t) => {
  t.same(collisions(['readme.md', 'other.md'], [], tree('README.md')), ['readme.md'])
})

await t.test('a new path in a folder that differs only by case collides', async (t) => {
  t.same(collisions(['.GitHub/x.yml', 'SRC/a.js'], [], tree('.github/ci.yml', 'src/a.js')), ['.GitHub/x.yml', 'SRC/a.js'])
})

await t.test('of two new paths the later one collides', async (t) => {
  t.same(collisions(['b.js', 'B.js'], [], tree()), ['b.js'])
})

await t.test('a rename that only changes case is no collision', async (t) => {
  t.same(collisions(['readme.md'], ['README.md'], tree('README.md')), [])
})

await t.test('a change of a path that collided before is no new collision', async (t) => {
  t.same(collisions(['a.md'], [], tree('a.md', 'A.md')), [])
})

await t.test('letters that fold into one collide', async (t) => {
  t.same(collisions(['ﬁle', 'straSSe', '\u212Aey'], [], tree('file', 'straße', 'key')), ['straSSe', '\u212Aey', 'ﬁle'])
})
