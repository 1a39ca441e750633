import t from 'tap'
import { loadShellParser } from '../../../../gateway/classify/shell/parser.ts'
import type { ShellFacts } from '../../../../gateway/classify/shell/facts.ts'

const parse = await loadShellParser()
const facts = (text: string): ShellFacts => parse(text, '/workspace')

await t.test('a function is followed with the words of each of its calls', async (t) => {
  const { problems, reads, programs } = facts('f() { cat "$1" "$2"; }; f a b; f c')
  t.strictSame(problems, [])
  t.strictSame(reads, ['a', 'b', 'c'])
  t.strictSame(programs.map(({ argv }) => argv.join(' ')), ['cat a b', 'cat c '])
  t.strictSame(facts('f() { "$@"; }; f rm -rf x').writes, ['x'])
})

await t.test('a name that may be a program is one', async (t) => {
  for (const text of ['if a; then f() { :; }; fi; f', 'f() { :; } & f', '(f() { :; }); f', 'f() { :; }; unset -f f; f', 'f() { :; }; time f']) {
    t.ok(facts(text).programs.some(({ name }) => name === 'f'), text)
  }
  t.ok(facts('g() { f; }; f() { a; }; g').problems.includes('unknown-program'), 'called before it stands there')
})

await t.test('what one call assigns is not known elsewhere', async (t) => {
  t.ok(facts('f() { x=$1; }; g() { cat $x; }; f a; g b').opaque)
  t.ok(facts('f() { x=$1; }; f a; cat $x').opaque)
  t.ok(facts('f() { cat $1; }; cat $1').opaque)
})

await t.test('functions that start each other have a bound', async (t) => {
  t.ok(facts('f() { g; }; g() { f; }; f').opaque)
  t.ok(facts(`f() { a; }; ${'f; '.repeat(65)}`).problems.includes('too-deep'))
})
