import t from 'tap'
import fc from 'fast-check'
import { posix } from 'node:path'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { staysInside } from '../../../gateway/project/link-target.ts'
import { pathProblem } from '../../../gateway/project/tree-path.ts'
import { parseFolder, parseTree } from '../../../gateway/project/tree.ts'

const ID = '0123456789abcdef0123456789abcdef01234567'

await t.test('a listing is read with names of any kind', async (t) => {
  const lines = [`100644 blob ${ID}\ta\tb\nc`, `100664 blob ${ID}\told`, `120000 blob ${ID}\tl`, `160000 commit ${ID}\tm`, '']
  const tree = parseTree(Buffer.from(lines.join('\0')))
  t.same([...tree].map(([path, { mode }]) => [path, mode]), [['a\tb\nc', '100644'], ['old', '100644'], ['l', '120000'], ['m', '160000']])
})

await t.test('a name that is not UTF-8 is left out', async (t) => {
  t.same([...parseTree(Buffer.concat([Buffer.from(`100644 blob ${ID}\t`), Buffer.from([0xe9, 0]), Buffer.from(`100644 blob ${ID}\tb\0`)])).keys()], ['b'])
})

await t.test('a folder is read with names and modes of any kind, and ids of both lengths', async (t) => {
  for (const id of [ID, ID.padEnd(64, '0')]) {
    const entry = (mode: string, name: string | Buffer): Buffer => Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(id, 'hex')])
    const { files, folders } = parseFolder(Buffer.concat([entry('100644', 'a\tb\nc'), entry('100664', 'old'), entry('40000', 'd'), entry('100644', Buffer.from([0xe9])), entry('160000', 'm')]), id.length / 2)
    t.same([...files], [['a\tb\nc', { mode: '100644', id }], ['old', { mode: '100644', id }], ['m', { mode: '160000', id }]])
    t.same([...folders], [['d', id]])
  }
})

await t.test('any bytes are a tree or an error of the project', async () => {
  const folder = fc.array(fc.oneof(fc.constantFrom(...['40000 d\0', '100644 a\0', '120000 ', '\0'].map((text) => Buffer.from(text))), fc.uint8Array({ maxLength: 24 }))).map((parts) => Buffer.concat(parts))
  for (const read of [parseTree, (bytes: Uint8Array) => parseFolder(Buffer.from(bytes), 20)]) {
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), folder), (bytes) => {
      try {
        read(bytes)
        return true
      } catch (error) {
        return error instanceof GatewayError && error.code === 'WEIR_ERR_PROJECT'
      }
    }))
  }
})

await t.test('links that stay inside pass', async (t) => {
  for (const [path, target] of [['a', 'b'], ['a/b', '../c'], ['a/b/c', '../../d/e'], ['a', './b'], ['a', 'b/']] as const) t.ok(staysInside(path, target), `${path} -> ${target}`)
})

await t.test('links that lead out, or whose text cannot tell, do not', async (t) => {
  for (const [path, target] of [['a', '/etc/passwd'], ['a', '..'], ['a/b', '../../c'], ['a', 'b/..'], ['a', 'b/../../c'], ['a', ''], ['a', 'b\0c'], ['a', './../b']] as const) t.notOk(staysInside(path, target), `${path} -> ${target}`)
})

await t.test('no accepted link resolves to a place outside', async () => {
  const name = fc.constantFrom('..', '.', '', 'a', 'b')
  fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }), fc.array(name, { minLength: 1, maxLength: 6 }), (path, target) => {
    const resolved = posix.resolve('/root', ...path.slice(0, -1), target.join('/'))
    return !staysInside(path.join('/'), target.join('/')) || resolved === '/root' || resolved.startsWith('/root/')
  }), { numRuns: 2_000 })
})

await t.test('ordinary names are no problem', async (t) => {
  for (const path of ['a', 'src/cart.js', '.gitignore', '.github/workflows/ci.yml', 'a b/c', 'ü', 'src/...x', 'digit~1', '日本/語.md']) t.equal(pathProblem(path), null, path)
})

await t.test('names that are read as others somewhere are problems', async (t) => {
  const paths = ['', '/a', 'a/', 'a//b', './a', 'a/../b', '.git/config', 'a/.GIT/x', 'a/.git', 'git~1/x', '.git::$INDEX_ALLOCATION/x', '.g\u200cit/x', '.git\uff0fx', 'a\\b', 'a\nb', 'a\u0000', 'e\u0301', 'a.', 'a /b', '\ud800', 'a\u202eb', 'x'.repeat(256), `${'a/'.repeat(64)}a`, 'a/'.repeat(2_100)]
  for (const path of paths) t.type(pathProblem(path), 'string', JSON.stringify(path).slice(0, 60))
})
