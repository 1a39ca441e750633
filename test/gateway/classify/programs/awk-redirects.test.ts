import fc from 'fast-check'
import t from 'tap'
import { AwkOutputs } from '../../../../gateway/classify/programs/awk-outputs.ts'
import { awkRedirects } from '../../../../gateway/classify/programs/awk-redirects.ts'

const redirects = (program: string, given: Readonly<Record<string, string>> = {}): boolean | null => awkRedirects(program, new AwkOutputs(program, new Map(Object.entries(given))))

await t.test('prints that stay on the standard output', async (t) => {
  for (const program of ['{ print $1 }', '$3 > 10 { print $1 }', '{ print ($1 > 2) }', '{ print ($1 > 2 ? "a" : "b") }', '/a>b/ { print }', '{ print "a > b" }', '{ print "a | b" }', 'NR > 1 || $2 { print; n++ }', '{ print $1 || $2 }', '{ if (x > 1) y = 2; print y }', '{ print a[1] }; n > 2', 'BEGIN { printf "%s\\n", "\\">" }', '{ print\n}\n$1 > 2', '$2 ~ /x|y/ { print $1 / 2 }', '{ printing > 1 }', '{ print a[1] / 2; n = b[2] /3 }', '']) {
    t.equal(redirects(program), false, program)
  }
})

await t.test('prints that go to a file or to a program', async (t) => {
  for (const program of ['{ print > "x" }', '{ print a[1] / 2 > "x" }', '{ print $1 >> "x" }', '{ print $1 | "sh" }', '{ print $1 |& "sh" }', '{ printf "%s", $1 > $2 }', '{ print ($1) > "x" }', '{ print a[1] > "x" }', '{ print "a" > "x" }', '{ x = 1; print x > "y" }', '/a/ { print | "sh" }', '{ print (1)\nprint > "x" }', '{ print $1 || $2 | "sh" }']) {
    t.equal(redirects(program), true, program)
  }
})

await t.test('prints to scratch files whose names no data have a part in', async (t) => {
  for (const [program, files] of [
    ['{ print > "/tmp/a.txt" }', ['/tmp/a.txt']],
    ['{ print $1, $2 >> "/tmp/o/a.tsv"; n++ }', ['/tmp/o/a.tsv']],
    ['{ print > "/dev/stderr" }', []],
    ['{ f = sprintf("/tmp/s-%02d.md", ++n) } f { print > f }', ['/tmp/s-0.md']],
    ['{ print > ("/tmp/c" int(NR / 100) ".csv") }', ['/tmp/c0.csv']],
    ['{ printf "%s", $1 > "/tmp/a" n++ }', ['/tmp/a0']],
  ] as const) {
    const outputs = new AwkOutputs(program, new Map())
    t.equal(awkRedirects(program, outputs), false, program)
    t.strictSame(outputs.files, files, program)
  }
  t.equal(redirects('{ print > out }', { out: '/tmp/x' }), false)
  for (const program of ['{ print > "/tmp/" $1 }', '{ print > "/tmp/../a" }', '{ print > sprintf("/tmp/%s", n) }', '{ f = "/tmp/a"; sub("a", $1, f); print > f }', '{ f = "/tmp/a"; f = $1; print > f }', '{ NR = $1; print > ("/tmp/a" NR) }', 'BEGIN { CONVFMT = "/..%d" } { print > ("/tmp/a" n++) }', '{ print > f }']) t.equal(redirects(program), true, program)
  for (const given of [{ out: '/etc/x' }, { out: '' }, { CONVFMT: '/..', out: '/tmp/x' }]) t.equal(redirects('{ print > out }', given), true, JSON.stringify(given))
})

await t.test('where a slash may divide or begin a pattern nothing is told', async (t) => {
  for (const program of ['{ print (a) / b }', '{ print "open', '/[/]/ { print }', '/open', '{ print # x\n}', '{ print \\\n$1 }']) t.equal(redirects(program), null, program)
})

await t.test('any text is read to an end', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('print', ' ', '(', ')', '[', '/', '"', '>', '|', '\n', ';', '{', '}', 'a', '1', '\\', '#') }), (program) => [true, false, null].includes(redirects(program))), { numRuns: 2000 })
  })
})
