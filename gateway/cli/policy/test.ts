import { Command } from 'commander'
import { findOpa } from '../../policy/opa-binary.ts'
import { testPolicy, type PolicyTestReport } from '../../policy/policy-tests.ts'
import { CommandFailed, type Io } from '../io.ts'
import { folderOf } from './open-policy.ts'

export function testCommand (io: Io): Command {
  return new Command('test')
    .description('run the Rego tests natively and through WebAssembly, and measure coverage')
    .argument('[dir]', 'policy folder')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => {
      const report = await testPolicy({ dir: await folderOf(io, dir), opa: await findOpa(io.env) })
      io.stdout(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report))
      if (!report.passed) throw new CommandFailed('The policy tests do not pass.')
    })
}

function reportText (report: PolicyTestReport): string {
  const lines = report.results.filter(({ native, wasm }) => !native || !wasm)
    .map(({ name, file, row, native, wasm }) => `${file}:${row}: ${name}: native ${outcome(native)}, WebAssembly ${outcome(wasm)}`)
  const native = report.results.filter((result) => result.native).length
  const wasm = report.results.filter((result) => result.wasm).length
  return [
    ...lines,
    ...report.uncovered.map((place) => `${place}: no test reaches this line`),
    `${report.results.length} tests: ${native} pass natively, ${wasm} through WebAssembly; coverage ${report.coverage.toFixed(1)} %`,
    '',
  ].join('\n')
}

function outcome (passed: boolean): string {
  return passed ? 'passes' : 'FAILS'
}
