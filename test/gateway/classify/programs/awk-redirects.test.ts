import fc from 'fast-check'
import t from 'tap'
import { awkRedirects } from '../../../../gateway/classify/programs/awk-redirects.ts'

await t.test('prints that stay on the standard output', async (t) => {
  for (const program of ['{ print $1 }', '$3 > 10 { print $1 }', '{ print ($1 > 2) }', '{ print ($1 > 2 ? "a" : "b") }', '/a>b/ { print }', '{ print "a > b" }', '{ print "a | b" }', 'NR > 1 || $2 { print; n++ }', '{ print $1 || $2 }', '{ if (x > 1) y = 2; print y }', '{ print a[1] }; n > 2', 'BEGIN { printf "%s\\n", "\\">" }', '{ print\n}\n$1 > 2', '$2 ~ /x|y/ { print $1 / 2 }', '{ printing > 1 }', '']) {
    t.equal(awkRedirects(program), false, program)
  }
})

await t.test('prints that go to a file or to a program', async (t) => {
  for (const program of ['{ print > "x" }', '{ print $1 >> "x" }', '{ print $1 | "sh" }', '{ print $1 |& "sh" }', '{ printf "%s", $1 > $2 }', '{ print ($1) > "x" }', '{ print a[1] > "x" }', '{ print "a" > "x" }', '{ x = 1; print x > "y" }', '/a/ { print | "sh" }', '{ print (1)\nprint > "x" }', '{ print $1 || $2 | "sh" }']) {
    t.equal(awkRedirects(program), true, program)
  }
})

await t.test('where a slash may divide or begin a pattern nothing is told', async (t) => {
  for (const program of ['{ print (a) / b }', '{ print a[1] / 2 > "x" }', '{ print "open', '/[/]/ { print }', '/open', '{ print # x\n}', '{ print \\\n$1 }']) t.equal(awkRedirects(program), null, program)
})

await t.test('any text is read to an end', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('print', ' ', '(', ')', '[', '/', '"', '>', '|', '\n', ';', '{', '}', 'a', '1', '\\', '#') }), (program) => [true, false, null].includes(awkRedirects(program))), { numRuns: 2000 })
  })
})
