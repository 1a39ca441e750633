import fc from 'fast-check'
import t from 'tap'
import { createReportReader, REPORT_LIMITS, type TestReport } from '../../../../../gateway/planes/tool/runner/test-report.ts'

function reported (pieces: readonly string[]): TestReport | null {
  const reader = createReportReader()
  for (const piece of pieces) reader.take(piece)
  return reader.report()
}

/** The same text cut anywhere. */
const cut = (text: string, cuts: readonly number[]): string[] => {
  const at = [0, ...cuts.map((place) => Math.floor(place * text.length)).sort((a, b) => a - b), text.length]
  return at.slice(1).map((end, index) => text.slice(at[index], end))
}
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
const name = fc.stringMatching(/^[a-z<>&"' ]{1,20}$/).map((text) => text.trim()).filter((text) => text !== '')
const points = fc.array(fc.record({ name, how: fc.constantFrom('passed', 'failed', 'skipped') }), { maxLength: 12 })
type Points = ReadonlyArray<{ readonly name: string, readonly how: string }>

const countOf = (all: Points, how: string): number => all.filter((point) => point.how === how).length
const tells = (report: TestReport | null, all: Points, format: string): boolean => report !== null && report.format === format && report.complete && report.total === all.length &&
  report.passed === countOf(all, 'passed') && report.failed === countOf(all, 'failed') && report.skipped === countOf(all, 'skipped') &&
  JSON.stringify(report.failures) === JSON.stringify(all.filter(({ how }) => how === 'failed').map((point) => point.name))

await t.test('a report in TAP is read as it was written, in whatever pieces it comes', async () => {
  fc.assert(fc.property(points, cuts, (all, places) => {
    const lines = all.map(({ name, how }, at) => `${how === 'failed' ? 'not ok' : 'ok'} ${at + 1} - ${name}${how === 'skipped' ? ' # SKIP for now' : ''}\n  not ok 1 - an inner one\n`)
    return tells(reported(cut(`TAP version 14\n# what a program prints\n${lines.join('')}1..${all.length}\n`, places)), all, 'tap')
  }), { numRuns: 500 })
})

await t.test('so is one in JUnit, and what stands in comments, texts and other elements is none', async () => {
  const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
  const inner: Readonly<Record<string, string>> = { failed: '<failure message="a > b"><![CDATA[</testcase><testcase name="no">]]></failure>', skipped: '<skipped/>', passed: '<system-out>not ok</system-out>' }
  fc.assert(fc.property(points, cuts, (all, places) => {
    const cases = all.map(({ name, how }) => `<testcase classname='c' name="${escaped(name)}"${how === 'passed' && name.length % 2 === 0 ? '/>' : `>${inner[how] ?? ''}</testcase>`}\n`)
    return tells(reported(cut(`<?xml version="1.0"?>\n<testsuites><!-- <testcase name="no"/> --><testsuite name="s">${cases.join('')}</testsuite></testsuites>\n`, places)), all, 'junit')
  }), { numRuns: 500 })
})

await t.test('whatever a program prints, the report is bounded, adds up, and does not hang on the pieces', async () => {
  const word = fc.constantFrom('ok', 'not ok', ' 1', ' - ', '#', ' skip', '1..3', '\n', 'Bail out!', '<', '>', '/', '<testsuite', '<testcase name="', '"', "'", '<failure>', '</testcase>', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', ' ', 'x')
  const text = fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 60 }).map((words) => words.join(''))
  fc.assert(fc.property(text, cuts, (printed, places) => {
    const report = reported([printed])
    if (JSON.stringify(report) !== JSON.stringify(reported(cut(printed, places)))) return false
    return report === null || (report.passed >= 0 && report.passed + report.failed + report.skipped === report.total && report.failures.length <= report.failed)
  }), { numRuns: 2_000 })
})

await t.test('a line without end means the same in one piece and in many', async (t) => {
  const line = `not ok 1 - ${'x'.repeat(REPORT_LIMITS.lineChars)} # skip`
  const pieces = line.match(/[^]{1,1000}/g) ?? []
  t.same(reported([line, '\n1..1\n']), reported([...pieces, '\n1..1\n']))
  t.match(reported([line, '\n1..1\n']), { failed: 1, failures: [/^x{300}$/] })
})
