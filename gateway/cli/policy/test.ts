import { Command, InvalidArgumentError } from 'commander'
import { findOpa } from '../../policy/opa-binary.ts'
import { testPolicy, type PolicyTestReport, type TestResult } from '../../policy/testing/policy-tests.ts'
import { CommandFailed, type Io } from '../io.ts'
import { blockedText } from './explanation-text.ts'
import { frameOf } from './finding-text.ts'
import { folderOf } from './open-policy.ts'

const HELP = `
Fails when a test fails either way, when native OPA and WebAssembly differ, when no test runs, and when a line of a rule is
reached by none. With --run coverage is printed but not judged.

Examples:
  $ weir policy test ./policies
  $ weir policy test ./policies --run 'shell_test.test_denies'
`

interface TestOptions { readonly run?: string, readonly threshold?: number, readonly json?: boolean }

export function testCommand (io: Io): Command {
  return new Command('test')
    .description('run the Rego tests natively and through WebAssembly, and measure coverage')
    .argument('[dir]', 'policy folder (default: ./policies, else the one that comes with Weir)')
    .option('--run <regex>', 'only tests whose name (data.package.test) matches')
    .option('--threshold <percent>', 'the coverage to demand (default: 100)', parsePercent)
    .option('--json', 'print JSON: passed, coverage, threshold, uncovered, and results with name, file, row, native and wasm')
    .addHelpText('after', HELP)
    .action(async (dir: string | undefined, { run, threshold, json }: TestOptions) => {
      const report = await testPolicy({ dir: await folderOf(io, dir), opa: await findOpa(io.env), run, threshold })
      io.stdout(json === true ? jsonOf(report) : textOf(report))
      if (!report.passed) throw new CommandFailed('The policy tests do not pass.')
    })
}

function jsonOf ({ passed, coverage, threshold, uncovered, results }: PolicyTestReport): string {
  return `${JSON.stringify({ passed, coverage, threshold, uncovered, results })}\n`
}

function textOf (report: PolicyTestReport): string {
  const native = report.results.filter((result) => result.native).length
  const wasm = report.results.filter((result) => result.wasm).length
  return [
    ...report.results.filter((result) => !result.native || !result.wasm).map((result) => failureText(result, report.sources)),
    ...report.threshold === null ? [] : report.uncovered.map((place) => uncoveredText(place, report.sources)),
    `${report.results.length} tests: ${native} pass natively, ${wasm} through WebAssembly; ${coverageText(report, native)}\n`,
  ].join('')
}

function coverageText ({ results, coverage, threshold }: PolicyTestReport, native: number): string {
  if (native < results.length) return 'coverage is measured once they pass'
  return `coverage ${coverage.toFixed(1)} %${threshold === null ? '' : ` (${threshold} % demanded)`}`
}

function failureText ({ name, file, row, native, wasm, blocked }: TestResult, sources: PolicyTestReport['sources']): string {
  const place = blocked ?? { file, row, col: 1 }
  return [
    `${file}:${row}: ${name}: native ${outcome(native)}, WebAssembly ${outcome(wasm)}\n`,
    frameOf(sources.get(place.file), place),
    blocked === null ? '' : `  did not hold:\n${blockedText(blocked, '    ')}`,
  ].join('')
}

function uncoveredText (place: string, sources: PolicyTestReport['sources']): string {
  const [file = '', row] = place.split(/:(?=\d+$)/)
  return `${place}: no test reaches this line\n${frameOf(sources.get(file), { row: Number(row), col: 1 })}`
}

function outcome (passed: boolean): string {
  return passed ? 'passes' : 'FAILS'
}

function parsePercent (text: string): number {
  const percent = Number(text)
  if (text.trim() === '' || !(percent >= 0 && percent <= 100)) throw new InvalidArgumentError('It is a number from 0 to 100.')
  return percent
}
