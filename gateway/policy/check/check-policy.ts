import { readFile } from 'node:fs/promises'
import { GatewayError } from '../../core/errors.ts'
import { capabilitiesFile, withPolicyFolder } from '../build.ts'
import type { Opa } from '../opa-binary.ts'
import { readPolicyFolder } from '../policy-folder.ts'
import { createRuleGraph } from '../syntax/rule-graph.ts'
import { parseModules, type SyntaxModule } from '../syntax/syntax-tree.ts'
import { bannedBuiltins } from './builtins.ts'
import { compileErrors, syntaxErrors, undefinedFunction } from './compile-errors.ts'
import { dataFindings } from './data-findings.ts'
import { defaultAllows } from './default-allow.ts'
import { failsOpen } from './fails-open.ts'
import { inOrder, type Finding } from './finding.ts'
import { findingRules, ruleId, unexplained, unreachable, untested } from './rule-duties.ts'
import { undefinedFindings } from './undefined.ts'
import { controlCharacters, unformatted, withoutRegoV1 } from './source-form.ts'

/** What a check found. `rules` are the ids of the rules that decide, sorted; `sources` are the texts the findings point into. */
export interface CheckReport {
  readonly passed: boolean
  readonly revision: string
  readonly findings: readonly Finding[]
  readonly rules: readonly string[]
  readonly sources: ReadonlyMap<string, string>
}

/**
 * Looks for what compiles and is still wrong: rules that WebAssembly answers differently, that fail open, or that nobody can
 * explain, tests or asks. A file that does not parse is told alone, since the others cannot be judged without it.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when the folder cannot be read or OPA's answers cannot; WEIR_ERR_OPA_MISSING
 */
export async function checkPolicy ({ dir, opa }: { readonly dir: string, readonly opa: Opa }): Promise<CheckReport> {
  const folder = await readPolicyFolder(dir)
  return await withPolicyFolder(folder, async (snapshot) => {
    const [compiled, formatting, modules, builtins] = await Promise.all([
      compileErrors(opa, snapshot), unformatted(opa, snapshot), parseModules(folder, opa, snapshot), builtinNames(opa, snapshot),
    ])
    const graph = createRuleGraph(modules)
    const broken = [...folder.files.keys()].filter((file) => file.endsWith('.rego') && !modules.some((module) => module.file === file))
    const isWhole = broken.length === 0
    const found = isWhole ? [...formatting, ...judge(modules, builtins), ...undefinedFindings(graph, folder), ...compiled] : await syntaxErrors(opa, snapshot, broken)
    const findings = inOrder(withoutEchoes([...withoutRegoV1(folder), ...dataFindings(folder), ...found]))
    return {
      passed: isWhole && !findings.some(({ severity }) => severity === 'error'),
      revision: folder.revision,
      findings,
      rules: findingRules(graph).map(ruleId).filter((id) => id !== null).sort(),
      sources: folder.files,
    }
  })
}

interface Builtins { readonly known: ReadonlySet<string>, readonly allowed: ReadonlySet<string> }

function judge (modules: readonly SyntaxModule[], { known, allowed }: Builtins): readonly Finding[] {
  const graph = createRuleGraph(modules)
  return [
    ...bannedBuiltins(graph, known, allowed), ...failsOpen(graph), ...defaultAllows(graph.rules), ...unexplained(graph),
    ...untested(graph), ...unreachable(graph), ...controlCharacters(modules),
  ]
}

async function builtinNames (opa: Opa, cwd: string): Promise<Builtins> {
  const { stdout } = await opa.run(['capabilities', '--current'], cwd)
  return { known: namesIn(stdout), allowed: namesIn(await readFile(capabilitiesFile(), 'utf8')) }
}

function namesIn (capabilities: string): ReadonlySet<string> {
  try {
    const { builtins } = JSON.parse(capabilities) as { builtins: ReadonlyArray<{ readonly name: string }> }
    return new Set(builtins.map(({ name }) => name))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The list of built-ins could not be read.', { cause })
  }
}

// OPA calls a banned built-in undefined, and tells of broken data without a place; both were said already, and better.
function withoutEchoes (findings: readonly Finding[]): readonly Finding[] {
  const banned = findings.filter(({ code }) => code === 'builtin')
  const broken = findings.filter(({ code }) => code === 'data')
  return findings.filter((finding) => {
    if (finding.code === 'compile' && broken.some(({ file }) => finding.message.includes(`load failed on ${file}:`))) return false
    const name = finding.code === 'compile' ? undefinedFunction(finding) : null
    return name === null || !banned.some(({ file, message }) => file === finding.file && message.startsWith(`The built-in ${name} `))
  })
}
