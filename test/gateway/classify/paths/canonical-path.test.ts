import fc from 'fast-check'
import t from 'tap'
import { canonicalPath, type PathView } from '../../../../gateway/classify/paths/canonical-path.ts'

const links = new Map(Object.entries({
  link: 'src', out: '../../etc', abs: '/etc/passwd', home: '/workspace/src', a: 'b', b: 'a', deep: 'src/link2', 'src/link2': '../docs', self: '.',
}))
const view = (cwd = '/workspace'): PathView => ({ cwd, root: '/workspace', readlink: (path) => links.get(path) ?? null })
const at = (raw: string, cwd?: string): string => {
  const { place, path } = canonicalPath(raw, view(cwd))
  return `${place} ${path}`
}

await t.test('dot segments and double slashes disappear', async (t) => {
  t.equal(at('src//./a/../b.ts'), 'inside src/b.ts')
  t.equal(at('/workspace/src/a.ts'), 'inside src/a.ts')
  t.equal(at('.'), 'inside .')
  t.equal(at('../workspace/src'), 'inside src')
  t.equal(at('../x', '/workspace/src'), 'inside x')
})

await t.test('what leaves the workspace is outside', async (t) => {
  for (const raw of ['../x', '/etc/passwd', '/workspaces/x', '/workspace/../workspace2', '~/.ssh/id_rsa', '~root', 'file:///etc/passwd']) {
    t.equal(canonicalPath(raw, view()).place, 'outside', raw)
  }
})

await t.test('links are followed as the kernel follows them', async (t) => {
  t.equal(at('link/a.ts'), 'inside src/a.ts')
  t.equal(at('deep/x.md'), 'inside docs/x.md', 'a link in the folder of a link')
  t.equal(at('deep/../c'), 'inside c', 'up from where the link leads')
  t.equal(at('out/passwd'), 'outside /etc/passwd')
  t.equal(at('abs'), 'outside /etc/passwd')
  t.equal(at('home/a.ts'), 'inside src/a.ts')
  t.equal(at('a/x').split(' ')[0], 'unknown', 'a loop leads nowhere')
})

await t.test('what cannot be told is unknown', async (t) => {
  for (const raw of ['a\0b', 'a\nb', '\ud800', '/proc/self/root/etc', '/proc/self/cwd/x', '/proc/1/environ', '/dev/fd/3', 'x'.repeat(4097), 'x'.repeat(256), '\u00e9'.repeat(128), 'a/'.repeat(256), 'file://host/x', 'file:%']) {
    t.equal(canonicalPath(raw, view()).place, 'unknown', JSON.stringify(raw.slice(0, 20)))
  }
})

await t.test('canonical form is idempotent for every text', async (t) => {
  const piece = fc.constantFrom('..', '.', '', 'src', 'link', 'self', 'deep', '~', '~x', '.env', 'file:', 'a b', 'workspace')
  const path = fc.oneof(fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('/')), fc.string({ unit: 'binary', maxLength: 40 }))
  t.doesNotThrow(() => fc.assert(fc.property(path, (raw) => {
    const first = canonicalPath(raw, view())
    if (first.place === 'unknown') return true
    const second = canonicalPath(first.path, view())
    return second.place === first.place && second.path === first.path
  }), { numRuns: 3_000 }))
})
