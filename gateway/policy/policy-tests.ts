import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { GatewayError } from '../core/errors.ts'
import { capabilitiesFile, demandOpa, withPolicyFolder } from './build.ts'
import { isTestFile, readPolicyFolder } from './policy-folder.ts'
import type { Opa } from './opa-binary.ts'
import { readTarGz } from './tar-reader.ts'
import { instantiatePolicy } from './wasm-driver.ts'

// One WebAssembly file per batch: entrypoints cost compile time and size.
const BATCH = 60
const ENOUGH_COVERAGE = 100

export interface TestResult {
  /** `data.<package>.<test>` */
  readonly name: string
  readonly file: string
  readonly row: number
  readonly native: boolean
  readonly wasm: boolean
}

export interface PolicyTestReport {
  readonly results: readonly TestResult[]
  /** Share of the lines of rules (not of tests) that native tests reach, in percent. */
  readonly coverage: number
  /** `file:row` of lines that no test reaches. */
  readonly uncovered: readonly string[]
  /** There are tests, all pass both ways, and every line is reached. */
  readonly passed: boolean
}

interface NativeRow { readonly package: string, readonly name: string, readonly location: { readonly file: string, readonly row: number }, readonly fail?: boolean, readonly error?: unknown, readonly skip?: boolean }
interface Range { readonly start: { readonly row: number }, readonly end: { readonly row: number } }
interface CoverageFile { readonly covered_lines?: number, readonly not_covered_lines?: number, readonly not_covered?: readonly Range[] }

/**
 * Runs every Rego test of a policy folder natively and through WebAssembly, and measures coverage. A test that passes one way
 * only means that rules would decide differently from what their author saw.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when the folder does not compile or has no test
 */
export async function testPolicy ({ dir, opa }: { readonly dir: string, readonly opa: Opa }): Promise<PolicyTestReport> {
  const folder = await readPolicyFolder(dir)
  return await withPolicyFolder(folder, async (snapshot, outside) => {
    await demandOpa(opa, ['check', '--strict', '--bundle', '--capabilities', capabilitiesFile(), '.'], snapshot)
    const rows = await runNative(opa, snapshot)
    const names = rows.map(nameOf)
    const wasm = new Map<string, boolean>()
    for (let from = 0; from < names.length; from += BATCH) {
      const batch = names.slice(from, from + BATCH)
      for (const [name, passed] of await runWasm(opa, batch, { snapshot, output: join(outside, `tests-${from}.tar.gz`) })) wasm.set(name, passed)
    }
    const results = rows.map((row): TestResult => ({
      name: nameOf(row),
      file: row.location.file,
      row: row.location.row,
      native: row.fail !== true && row.error === undefined && row.skip !== true,
      wasm: wasm.get(nameOf(row)) === true,
    }))
    const { coverage, uncovered } = await measureCoverage(opa, snapshot)
    const passed = results.every((result) => result.native && result.wasm) && coverage >= ENOUGH_COVERAGE
    return Object.freeze({ results, coverage, uncovered, passed })
  })
}

async function runNative (opa: Opa, dir: string): Promise<readonly NativeRow[]> {
  // Exit code 2 is a failed test; no output at all is a folder that does not load.
  const ran = await opa.run(['test', '--bundle', '--format', 'json', '.'], dir)
  const rows = parse(ran.stdout) as readonly NativeRow[] | null
  if (!Array.isArray(rows)) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The tests do not run: ${ran.stderr.trim().slice(0, 4_096)}`)
  // OPA calls a folder without tests a success; nothing tested is nothing shown.
  if (rows.length === 0) throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The policy folder holds no test.')
  return rows
}

async function runWasm (opa: Opa, names: readonly string[], at: { readonly snapshot: string, readonly output: string }): Promise<ReadonlyMap<string, boolean>> {
  const entrypoints = names.map((name) => name.replace(/^data\./, '').replaceAll('.', '/'))
  await demandOpa(opa, ['build', '--bundle', '--target', 'wasm', '--prune-unused', ...entrypoints.flatMap((name) => ['--entrypoint', name]), '--output', at.output, '.'], at.snapshot)
  const files = readTarGz(await readFile(at.output))
  const wasm = files.get('policy.wasm')
  const data = files.get('data.json')
  if (wasm === undefined || data === undefined) throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The compiled tests are incomplete.')
  const module = await WebAssembly.compile(new Uint8Array(wasm))
  const dataText = Buffer.from(data).toString('utf8')
  return new Map(names.map((name, i) => [name, passesInWasm(module, dataText, entrypoints[i] ?? '')]))
}

function passesInWasm (module: WebAssembly.Module, dataText: string, entrypoint: string): boolean {
  try {
    const instance = instantiatePolicy(module, dataText)
    const id = instance.entrypoints[entrypoint]
    return id !== undefined && instance.evaluate(id, '{}') === '[{"result":true}]'
  } catch {
    return false // a throw is a failed test, as it would be a denied call
  }
}

async function measureCoverage (opa: Opa, dir: string): Promise<{ readonly coverage: number, readonly uncovered: readonly string[] }> {
  // Not as a bundle: of bundles OPA 0.70 leaves out every line that is not covered, and so calls all of them covered.
  const ran = await opa.run(['test', '--coverage', '--format', 'json', '.'], dir)
  const report = parse(ran.stdout) as { readonly files?: Readonly<Record<string, CoverageFile>> } | null
  // With a failed test OPA prints the failure instead of the coverage.
  if (report?.files === undefined) return { coverage: 0, uncovered: [] }
  const files = Object.entries(report.files).filter(([file]) => !isTestFile(file))
  const covered = files.reduce((sum, [, file]) => sum + (file.covered_lines ?? 0), 0)
  const missed = files.reduce((sum, [, file]) => sum + (file.not_covered_lines ?? 0), 0)
  const uncovered = files.flatMap(([name, file]) => (file.not_covered ?? []).map(({ start }) => `${name}:${start.row}`))
  return { coverage: covered + missed === 0 ? 0 : 100 * covered / (covered + missed), uncovered }
}

function nameOf (row: NativeRow): string {
  return `${row.package}.${row.name}`
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // OPA wrote words instead: the caller says what that means
  }
}
