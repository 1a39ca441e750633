import t from 'tap'
import { createGlobClasses } from '../../../../gateway/classify/paths/glob-classes.ts'
import { createPathClasses, strictestClass } from '../../../../gateway/classify/paths/path-classes.ts'
import { data } from '../sample-data.ts'

const classes = createPathClasses(data.path_classes)
const globs = createGlobClasses(data.path_classes)

await t.test('the first rule that matches gives the class', async (t) => {
  const wanted: ReadonlyArray<readonly [string, string]> = [
    ['src/a.ts', 'source'], ['.env', 'secret'], ['a/b/.env', 'secret'], ['.env.example', 'config'], ['package.json', 'dependency'], ['.github/workflows/a.yml', 'ci'], ['AGENTS.md', 'policy'], ['README.md', 'docs'],
    ['a.strange', 'unknown'], ['.strange', 'unknown'], ['packages', 'source'], ['.', 'source'],
  ]
  for (const [path, found] of wanted) t.equal(classes(path), found, path)
})

await t.test('other spellings get the class of what they may mean', async (t) => {
  for (const path of ['.ENV', '.Env', '.env.', '.env ', '.env::$DATA', 'a\\.env', '.\uff45nv', '\u2024env', '.\u0435nv', '.e\u200bnv', 'a\u2215.env', 'secrets', 'secrets/x.ts']) {
    t.equal(classes(path), 'secret', JSON.stringify(path))
  }
})

await t.test('outside stays outside, except that a secret is a secret anywhere', async (t) => {
  t.equal(classes('/etc/hosts', 'outside'), 'outside')
  t.equal(classes('/usr/src/a.ts', 'outside'), 'outside')
  t.equal(classes('~/.ssh/id_rsa', 'outside'), 'secret')
  t.equal(classes('anything', 'unknown'), 'unknown')
})

await t.test('a pattern is as secret as what it picks', async (t) => {
  for (const glob of ['.en?', '.e*', '.[e]nv', '*.pem', '**/.env', 'config/.e*', 'id_*', '.*', '.??*', '**/*env*']) t.ok(globs(glob, { writes: false }).includes('secret'), glob)
  for (const glob of ['*', '*.ts', 'src/*', 'src/**/*.ts', '*.{ts,tsx}', 'dist/*', 'test/*.md', '??']) t.notOk(globs(glob, { writes: false }).includes('secret'), glob)
})

await t.test('emptying the root reaches the manifest', async (t) => {
  t.ok(globs('*', { writes: true }).includes('dependency'))
  t.notOk(globs('dist/*', { writes: true }).includes('dependency'))
})

await t.test('the strictest class wins, and none is unknown', async (t) => {
  t.equal(strictestClass(['docs', 'secret', 'source']), 'secret')
  t.equal(strictestClass([]), 'unknown')
})
