import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { GatewayError } from '../core/errors.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import { packageRoot } from '../package-root.ts'
import { findOpa } from '../policy/opa-binary.ts'
import { openPolicyEngine, type PolicyEngine } from '../policy/engine.ts'
import { testPolicy, type PolicyTestReport } from '../policy/policy-tests.ts'
import { CommandFailed, type Io } from './io.ts'

interface CommonOptions { readonly json?: boolean }
interface EvalOptions extends CommonOptions { readonly input: string, readonly policy?: string }

/** `weir policy build|check|test|eval`: what a rule author runs. Needs no running gateway. */
export function policyCommand (io: Io): Command {
  const policy = new Command('policy').description('build, check, test and ask the policy')
  policy.command('build')
    .description('compile a policy folder to WebAssembly and print its revision')
    .argument('[dir]', 'policy folder (default: ./policies, else the one that comes with Weir)')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: CommonOptions) => await build(io, dir, options))
  policy.command('check')
    .description('compile a policy folder and list its rules')
    .argument('[dir]', 'policy folder')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: CommonOptions) => await check(io, dir, options))
  policy.command('test')
    .description('run the Rego tests natively and through WebAssembly, and measure coverage')
    .argument('[dir]', 'policy folder')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: CommonOptions) => await test(io, dir, options))
  policy.command('eval')
    .description('decide one input and print the decision; nothing is recorded')
    .requiredOption('--input <file>', 'the input document as JSON, as the ledger records it')
    .option('--policy <dir>', 'policy folder')
    .option('--json', 'print JSON')
    .action(async (options: EvalOptions) => await evaluate(io, options))
  return policy
}

async function build (io: Io, dir: string | undefined, options: CommonOptions): Promise<void> {
  await withEngine(io, dir, (engine) => {
    const revision = engine.current().revision
    io.stdout(options.json === true ? `${JSON.stringify({ revision, rules: engine.rules().length })}\n` : `revision ${revision}, ${engine.rules().length} rules\n`)
  })
}

async function check (io: Io, dir: string | undefined, options: CommonOptions): Promise<void> {
  await withEngine(io, dir, (engine) => {
    if (options.json === true) return io.stdout(`${JSON.stringify({ revision: engine.current().revision, rules: engine.rules() })}\n`)
    for (const rule of engine.rules()) io.stdout(`${rule.id.padEnd(36)} ${rule.title} (${rule.file}:${rule.row})\n`)
  })
}

async function test (io: Io, dir: string | undefined, options: CommonOptions): Promise<void> {
  const report = await testPolicy({ dir: await folderOf(io, dir), opa: await findOpa(io.env) })
  io.stdout(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report))
  if (!report.passed) throw new CommandFailed('The policy tests do not pass.')
}

async function evaluate (io: Io, options: EvalOptions): Promise<void> {
  const input = await readInput(resolve(io.cwd, options.input))
  await withEngine(io, options.policy, (engine) => {
    const decision = engine.current().evaluate(input)
    if (options.json === true) return io.stdout(`${JSON.stringify(decision)}\n`)
    io.stdout(`${decision.verdict}  ${decision.rule}\n${decision.reason}\n`)
    if (decision.also.length > 0) io.stdout(`also: ${decision.also.join(', ')}\n`)
  })
}

async function withEngine (io: Io, dir: string | undefined, use: (engine: PolicyEngine) => void): Promise<void> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-policy-cache-'))
  try {
    use(await openPolicyEngine({ dir: await folderOf(io, dir), opa: await findOpa(io.env), cacheDir, onEvent: () => {} }))
  } finally {
    await rm(cacheDir, { recursive: true, force: true })
  }
}

async function folderOf (io: Io, dir: string | undefined): Promise<string> {
  if (dir !== undefined) return resolve(io.cwd, dir)
  const own = resolve(io.cwd, 'policies')
  return await readFile(join(own, 'weir', 'main', 'main.rego')).then(() => own, () => join(packageRoot(), 'policies'))
}

async function readInput (file: string): Promise<PolicyInput> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `The input ${file} could not be read as JSON.`, { cause })
  }
  // Rules judge the shape themselves, and deny every other: an author may ask with a broken input on purpose.
  return value as PolicyInput
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
