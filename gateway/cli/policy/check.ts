import { Command } from 'commander'
import { GatewayError } from '../../core/errors.ts'
import { checkPolicy, type CheckReport } from '../../policy/check/check-policy.ts'
import { inOrder, rejected, type Finding } from '../../policy/check/finding.ts'
import { roleFindings } from '../../policy/check/role-findings.ts'
import { dataPlaces } from '../../policy/data/data-places.ts'
import { findOpa } from '../../policy/opa-binary.ts'
import { CommandFailed, type Io } from '../io.ts'
import { findingText } from './finding-text.ts'
import { folderOf, withEngine } from './open-policy.ts'

const HELP = `
Rejects built-ins that WebAssembly does not have or answers differently, negations that are silent when a field is missing,
defaults that allow, readings of what nothing defines, rules without METADATA, test or reader, ids that are used twice, and what
does not compile or load.
Data that no gateway would start with are errors, each at its line, with the name that was probably meant. Warnings are files that
\`opa fmt\` would change, grants that no rule honours, calls that wait for nobody, and roles that get nothing. Exit code 1 when it rejects.

Example:
  $ weir policy check ./policies
  weir/rules/roles/roles.rego:12:2: error [fails-open] When input.actor.role is missing, this negation is not true but undefined, and the rule stays silent.
     12 |     not data.roles[input.actor.role]
        |     ^
    hint: Give the positive question a name (\`_known if …\`) and negate that: \`not _known\`.
`

interface CheckOptions { readonly json?: boolean, readonly list?: boolean }

export function checkCommand (io: Io): Command {
  return new Command('check')
    .description('find rules that compile and are still wrong')
    .argument('[dir]', 'policy folder (default: ./policies, else the one that comes with Weir)')
    .option('--list', 'list the rules that decide')
    .option('--json', 'print JSON: passed, revision, rules, and findings with file, row, col, code, message and hint')
    .addHelpText('after', HELP)
    .action(async (dir: string | undefined, options: CheckOptions) => {
      const folder = await folderOf(io, dir)
      const checked = await checkPolicy({ dir: folder, opa: await findOpa(io.env) })
      const report = checked.passed ? await loaded(io, folder, checked) : checked
      io.stdout(options.json === true ? jsonOf(report) : textOf(report, options.list === true))
      if (!report.passed) throw new CommandFailed('The policy is rejected.')
    })
}

// The same steps as at the gateway's start: data of the wrong shape, or a policy that cannot decide, is a finding too.
async function loaded (io: Io, dir: string, report: CheckReport): Promise<CheckReport> {
  try {
    let found: readonly Finding[] = []
    await withEngine(io, dir, (engine) => {
      found = roleFindings({ policy: engine.current(), data: engine.data(), rules: engine.rules(), find: dataPlaces(report.sources) })
    })
    return { ...report, findings: inOrder([...report.findings, ...found]) }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'WEIR_ERR_POLICY_BUILD') throw error
    const finding = rejected('not-loadable', { file: '', row: 1, col: 1 }, error.message, 'The gateway would not start with this folder.')
    return { ...report, passed: false, findings: [...report.findings, finding] }
  }
}

function jsonOf ({ passed, revision, rules, findings }: CheckReport): string {
  return `${JSON.stringify({ passed, revision, rules, findings })}\n`
}

function textOf (report: CheckReport, isListed: boolean): string {
  const errors = count(report.findings, 'error')
  const warnings = count(report.findings, 'warning')
  return [
    ...report.findings.map((finding) => findingText(finding, report.sources)),
    ...isListed ? report.rules.map((rule) => `${rule}\n`) : [],
    `${report.rules.length} rules: ${errors} errors, ${warnings} warnings\n`,
  ].join('')
}

function count (findings: readonly Finding[], severity: Finding['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length
}
