import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { Minimatch } from 'minimatch'
import t from 'tap'
import { createClassMatcher } from '../../../../gateway/classify/paths/class-matcher.ts'
import type { PathClassRule } from '../../../../gateway/classify/classify-data.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'

const shipped = JSON.parse(readFileSync(join(packageRoot(), 'policies/weir/data/paths/data.json'), 'utf8')) as { readonly classes: readonly PathClassRule[] }
const matches = (glob: string, path: string): boolean => createClassMatcher([glob])(path)

await t.test('names, folders and whole paths match, whatever their case', async (t) => {
  const wanted: ReadonlyArray<readonly [string, string, boolean]> = [
    ['**/.env', '.env', true], ['**/.env', 'a/b/.ENV', true], ['**/.env', '.envrc', false], ['**/.env', '.env/x', false],
    ['**/.ssh/**', '.ssh/x/y', true], ['**/.ssh/**', 'a/.ssh/x', true], ['**/.ssh/**', '.ssh', false],
    ['src/**', 'src/a', true], ['src/**', 'src', false], ['src/**', 'a/src/b', false], ['.github', '.github', true],
    ['**/*.{ts,js}', 'a/b.ts', true], ['**/*.{ts,js}', 'a/b.tsx', false], ['**/{bin,lib}{,/**}', 'x/lib/y', true], ['**/{bin,lib}{,/**}', 'x/lib', true],
    ['a/**/b/*.c', 'a/b/x.c', true], ['a/**/b/*.c', 'a/x/y/b/z.c', true], ['a/**/b/*.c', 'a/x/b/y/z.c', false],
    ['**/x?[0-9]', 'xa1', true], ['**/x[!0-9]', 'x1', false], ['**/+([!.])', 'a/Makefile', true], ['**/+([!.])', 'a/x.y', false], ['**/@(a|b)c', 'bc', true],
    ['**/a+b(c).d', 'a+b(c).d', true], ['/tmp/**', 'tmp/x', false], ['**/[.]x', '.x', true], ['**/\\*x', '*x', true], ['**/\\*x', 'ax', false],
  ]
  for (const [glob, path, found] of wanted) t.equal(matches(glob, path), found, `${glob} ${path}`)
})

await t.test('the shipped globs match what a matcher of one glob each matches', async (t) => {
  const piece = fc.constantFrom('.env', '.ssh', 'src', 'x', 'secrets', 'a.ts', 'package.json', '.git', 'hooks', 'id_rsa_work', 'my-api_key.json', 'node_modules', '.cache', 'prod.tfvars', '.foo', 'core.12', 'client.secret.yaml', 'templates', 'gradle', '.venv', 'bin', 'docs', 'b.md', 'AuthKey_1.p8', '.env.local', 'Dockerfile.dev')
  const path = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  for (const { class: name, globs } of shipped.classes) {
    const ours = createClassMatcher(globs)
    const each = globs.map((glob) => new Minimatch(glob, { dot: true, nocase: true, nonegate: true, nocomment: true, platform: 'linux' }))
    t.doesNotThrow(() => fc.assert(fc.property(path, (text) => ours(text) === each.some((matcher) => matcher.match(text))), { numRuns: 60 }), name)
  }
})

await t.test('no list and no text makes it throw', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 }), fc.string({ unit: 'binary' }), (globs, text) => typeof createClassMatcher(globs)(text) === 'boolean')))
})
