import t from 'tap'
import { changeDiff } from '../../../../gateway/planes/file/change-diff.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

await t.test('lines that changed, with what is around them', async (t) => {
  t.equal(changeDiff('src/a.js', bytes('1\n2\n3\n4\n5\n'), bytes('1\n2\n3\nfour\n5\n')), '--- a/src/a.js\n+++ b/src/a.js\n@@ -1,5 +1,5 @@\n 1\n 2\n 3\n-4\n+four\n 5\n')
  t.equal(changeDiff('a', null, bytes('1')), '--- /dev/null\n+++ b/a\n@@ -0,0 +1,1 @@\n+1\n\\ No newline at end of file\n')
  t.equal(changeDiff('a', bytes('1\r\n'), bytes('2\r\n')), '--- a/a\n+++ b/a\n@@ -1,1 +1,1 @@\n-1\r\n+2\r\n', 'an end of line stays one')
  t.match(changeDiff('a', bytes('1'), Buffer.of(0)), /\(not text: 1 bytes before, 1 after\)/)
})

await t.test('a name makes no lines of a diff', async (t) => {
  const diff = changeDiff('a\n+++ b/harmless\n@@ -1,1 +1,1 @@\n+ok', bytes('1\n'), bytes('2\n'))
  t.equal(diff.split('\n').length, 6)
  t.match(diff, /^--- a\/a\\u000a\+\+\+ b\/harmless\\u000a/)
})

await t.test('what a terminal would obey, and what turns text round, is seen', async (t) => {
  const diff = changeDiff('a\u202e', bytes(''), bytes('if (admin\u202e \u2066) {\u001b[2K\u001b[1A\n1\rfaked\n\tü 👩\u200d💻\n'))
  t.match(diff, /\+if \(admin\\u202e \\u2066\) \{\\u001b\[2K\\u001b\[1A\n\+1\\u000dfaked\n\+\tü 👩\u200d💻\n/)
  t.match(diff, /^--- a\/a\\u202e\n/)
})
