import fc from 'fast-check'
import t from 'tap'
import { diffNames } from '../../../gateway/decode/diff-names.ts'

await t.test('a diff inside a text names the files it changes', (t) => {
  t.strictSame(diffNames('Subject: x\n\n--- a/src/a.ts\t2024\n+++ b/src/b.ts\n@@ -1 +1 @@\n-a\n+b\n'), ['src/a.ts', 'src/b.ts'])
  t.strictSame(diffNames('--- /dev/null\r\n+++ b/.github/x.yml\r\n@@ -0,0 +1 @@\r\n+x'), ['.github/x.yml'])
  t.strictSame(diffNames('--- "a/a b.ts"\n+++ "b/a b.ts"\n@@ -1 +1 @@\n'), ['a b.ts'])
  t.strictSame(diffNames('diff --git a/src/a.ts b/.git/hooks/x\nrename from src/a.ts\nrename to .git/hooks/x\n'), ['src/a.ts', '.git/hooks/x'])
  t.end()
})

await t.test('a text that only speaks of diffs names none', (t) => {
  for (const text of ['', '--- a\n+++ b\n', '+++ .env is added\n@@ -1', '---\ntitle: x\n---\n', ' --- a/.env\n +++ b/.env\n @@ -1 +1 @@']) t.strictSame(diffNames(text), [], JSON.stringify(text))
  t.end()
})

await t.test('any text is read, in time, and at most 1,000 names come of it', (t) => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('--- ', '+++ ', '@@ -', '\n', 'a/', '"', '\t', 'diff --git ', ' b/', 'x') }), (text) => { diffNames(text) }), { numRuns: 500 })
  const flood = Array.from({ length: 3_000 }, (_, i) => `--- a/${i}\n+++ b/${i}\n@@ -1 +1 @@\n`).join('')
  t.equal(diffNames(flood).length, 1_000)
  t.strictSame(diffNames(`${'--- '.repeat(200_000)}\n+++ `), [])
  t.end()
})
