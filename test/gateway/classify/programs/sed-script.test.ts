import fc from 'fast-check'
import t from 'tap'
import { keepsMost, readSedScript } from '../../../../gateway/classify/programs/sed-script.ts'

await t.test('everyday scripts are understood and touch nothing', async (t) => {
  for (const script of ['s/a/b/', 's|a/b|c|g', '1,20p', '/start/,/end/p', '$d', '/x/{s/a/b/;n;d}', '/^#/d;/^$/d', '$a new line', 's/[a-z]/x/g', '/[/]/d', 'y/abc/xyz/', '10q', ':a;N;$!ba;s/\\n/ /g', '1i\\\nhead', '/a\\/b/p', 's/a\\/b/c/2p', '0~3d', '2,+3p', '/w .env/p', 's/w x/e y/']) {
    t.strictSame(readSedScript(script), { reads: [], writes: [], opaque: false }, script)
  }
})

await t.test('files that a script names are found', async (t) => {
  t.strictSame(readSedScript('w .env').writes, ['.env'])
  t.strictSame(readSedScript('s/a/b/gw .env').writes, ['.env'])
  t.strictSame(readSedScript('1r .env').reads, ['.env'])
  t.strictSame(readSedScript('/x/{W out\n}').writes, ['out'])
})

await t.test('commands that run, and all that is not understood, are opaque', async (t) => {
  for (const script of ['1e cat .env', 'e', 's/a/b/e', 's/a/b/ge', 's/a', '%', 's\na\nb\n', '/x', 's/a/b/Z', 's/[/]/;#/w .env', '/[/w .env/p']) t.equal(readSedScript(script).opaque, true, script)
})

await t.test('no text makes it throw or run on', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'sywrea/|;{}\\n 1,$!x\n') }), (script) => typeof readSedScript(script).opaque === 'boolean'), { numRuns: 5_000 }))
})

await t.test('a script that edits files is known to leave most of what is in them, or taken not to', async (t) => {
  const keep = ['s/a/b/', 's|a/b|c|g', '/debugger/d', '/^$/d', '/^\\s*$/d', '1d', '$d', '1,5d', '1i // header', '1i\\\nfoo', '$a foo', '/x/c\\bar', 's/\\r$//', 's/[ \\t]*$//', 's/a/b/;s/c/d/', '/import x/s/x/y/', 'y/abc/xyz/', 's/\\bfoo\\b/bar/g; s/x/y/', '/start/,/end/d', 's/;$//', '/a/{s/b/c/}', '3c\\const x = 1', '']
  const lose = ['d', '1,$d', '/^/d', '/./d', '//d', 'N;d', 's/.*//', 's/[^\\n]*//', 's/^.*$//', 'c\\x', 'Q', '1q', 'p;d', '$!d', '/x/!d', 'D', 'z', '0~1d', 's/x/y/;d', 's/x/y/\nd', 's/x/y/;$!d']
  for (const script of keep) t.ok(keepsMost(script), JSON.stringify(script))
  for (const script of lose) t.notOk(keepsMost(script), JSON.stringify(script))
})
