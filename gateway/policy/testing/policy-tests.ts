import { GatewayError } from '../../core/errors.ts'
import { capabilitiesFile, demandOpa, withPolicyFolder } from '../build.ts'
import { explainTests } from '../explain/explain-tests.ts'
import type { Blocked } from '../explain/blocked.ts'
import { readPolicyFolder } from '../policy-folder.ts'
import type { Opa } from '../opa-binary.ts'
import { measureCoverage } from './test-coverage.ts'
import { runWasmTests } from './wasm-tests.ts'

const ENOUGH_COVERAGE = 100

export interface TestResult {
  /** `data.<package>.<test>` */
  readonly name: string
  readonly file: string
  readonly row: number
  readonly native: boolean
  readonly wasm: boolean
  /** The expression that did not hold natively; null when all did, or when it cannot be told. */
  readonly blocked: Blocked | null
}

export interface PolicyTestReport {
  readonly results: readonly TestResult[]
  /** Share of the lines of rules (not of tests) that native tests reach, in percent. */
  readonly coverage: number
  /** The coverage asked for, in percent; null when only some tests ran. */
  readonly threshold: number | null
  /** `file:row` of lines that no test reaches. */
  readonly uncovered: readonly string[]
  /** There are tests, all pass both ways, and enough lines are reached. */
  readonly passed: boolean
  readonly sources: ReadonlyMap<string, string>
}

export interface PolicyTestOptions {
  readonly dir: string
  readonly opa: Opa
  /** A regular expression (RE2): only tests whose full name matches run, and coverage is not judged. */
  readonly run?: string | undefined
  /** Percent; default 100. */
  readonly threshold?: number | undefined
}

interface NativeRow { readonly package: string, readonly name: string, readonly location: { readonly file: string, readonly row: number }, readonly fail?: boolean, readonly error?: unknown, readonly skip?: boolean }

/**
 * Runs the Rego tests of a policy folder natively and through WebAssembly, and measures coverage. A test that passes one way
 * only means that rules would decide differently from what their author saw.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when the folder does not compile or no test ran
 */
export async function testPolicy ({ dir, opa, run, threshold = ENOUGH_COVERAGE }: PolicyTestOptions): Promise<PolicyTestReport> {
  const folder = await readPolicyFolder(dir)
  return await withPolicyFolder(folder, async (snapshot, outside) => {
    await demandOpa(opa, ['check', '--strict', '--bundle', '--capabilities', capabilitiesFile(), '.'], snapshot)
    const only = run === undefined ? [] : ['--run', run]
    const rows = await runNative(opa, snapshot, only)
    const [wasm, { coverage, uncovered }, reasons] = await Promise.all([
      runWasmTests(opa, rows.map(nameOf), { snapshot, outside }),
      measureCoverage(opa, snapshot, only),
      explainTests({ folder, opa, snapshot }, rows.filter((row) => !passes(row)).map(nameOf)),
    ])
    const results = rows.map((row): TestResult => ({
      name: nameOf(row),
      file: row.location.file,
      row: row.location.row,
      native: passes(row),
      wasm: wasm.get(nameOf(row)) === true,
      blocked: reasons.get(nameOf(row)) ?? null,
    }))
    const isCovered = run !== undefined || coverage >= threshold
    const passed = isCovered && results.every((result) => result.native && result.wasm)
    return Object.freeze({ results, coverage, threshold: run === undefined ? threshold : null, uncovered, passed, sources: folder.files })
  })
}

async function runNative (opa: Opa, dir: string, only: readonly string[]): Promise<readonly NativeRow[]> {
  // Exit code 2 is a failed test; no output at all is a folder that does not load, or an expression that is none.
  const ran = await opa.run(['test', '--bundle', '--format', 'json', ...only, '.'], dir)
  const rows = rowsIn(ran.stdout)
  if (rows === null) throw new GatewayError('WEIR_ERR_POLICY_BUILD', `The tests do not run: ${ran.stderr.trim().slice(0, 4_096)}`)
  // OPA calls a folder without tests a success; nothing tested is nothing shown.
  if (rows.length === 0) throw new GatewayError('WEIR_ERR_POLICY_BUILD', only.length === 0 ? 'The policy folder holds no test.' : 'No test has a name that matches.')
  return rows
}

function rowsIn (text: string): readonly NativeRow[] | null {
  try {
    const rows: unknown = JSON.parse(text)
    return Array.isArray(rows) ? rows as readonly NativeRow[] : null
  } catch {
    return null // OPA wrote words instead: the caller shows them
  }
}

// A test that is skipped (`todo_test_…`) shows nothing.
function passes ({ fail, error, skip }: NativeRow): boolean {
  return fail !== true && error === undefined && skip !== true
}

function nameOf (row: NativeRow): string {
  return `${row.package}.${row.name}`
}
