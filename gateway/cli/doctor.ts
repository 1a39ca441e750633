import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { Command } from 'commander'
import { podmanVersion } from '../../sandbox/podman/find-podman.ts'
import { limitEnforcers } from '../../sandbox/limit-enforcers.ts'
import { checkSandbox } from '../../sandbox/sandbox-check.ts'
import type { Config } from '../config.ts'
import { UNCONTAINED } from '../containment.ts'
import { asGatewayError } from '../core/errors.ts'
import { journalDirOf } from '../ledger/journal.ts'
import { verifyJournal } from '../ledger/verify-journal.ts'
import { findOpa } from '../policy/opa-binary.ts'
import { installedAgent } from '../sessions/installed-agent.ts'
import { openVaultOf } from '../vault/open-vault.ts'
import { agentRoutes } from './agent-routes.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

interface DoctorOptions { readonly json?: boolean, readonly config?: string, readonly dataDir?: string }

/** One thing looked at. `remedy` says what to do when it is not well. */
interface Finding { readonly name: string, readonly ok: boolean, readonly found: string, readonly remedy?: string }

const EARLIEST_CLOCK_MS = Date.UTC(2025, 0, 1) // a clock before this makes every token and approval wrong

/** `weir doctor`: looks at everything a gateway needs and says what to do about each thing that is missing. */
export function doctorCommand (io: Io): Command {
  return new Command('doctor')
    .description('check OPA, sandbox, agent and its routes, policies, ledger, keys, Redis and clock')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: DoctorOptions) => {
      const findings = await examine(io.config(options), io)
      io.stdout(options.json === true ? `${JSON.stringify(findings)}\n` : findings.map(line).join(''))
      const bad = findings.filter((finding) => !finding.ok).length
      if (bad > 0) throw new CommandFailed(`${bad} of ${findings.length} checks need attention.`)
    })
}

function line (finding: Finding): string {
  const remedy = finding.ok || finding.remedy === undefined ? '' : `\n     → ${finding.remedy}`
  return `${finding.ok ? 'ok ' : 'BAD'}  ${finding.name.padEnd(10)} ${finding.found}${remedy}\n`
}

async function examine (config: Config, io: Io): Promise<Finding[]> {
  return [
    await attempt('opa', 'install OPA and put it on PATH, or name it in OPA_BIN', async () => (await findOpa(io.env)).path),
    await attempt('policies', policyRemedy(config), async () => (await import('./bundle-state.ts')).bundleState(config, io.env)),
    ...await sandboxFindings(config),
    { name: 'limits', ok: true, found: limitsOf(config) },
    await attempt('agent', 'npm install (with optional dependencies), or set agent.command', async () => installedAgent(config.agent.command, io.env)),
    await attempt('routes', 'use an agent of the version that this Weir was made for, or a newer Weir; what is new stays refused until then', async () => agentRoutes(installedAgent(config.agent.command, io.env))),
    await attempt('ledger', 'keep a copy of the journal folder, then see docs/ledger.md', async () => ledgerState(config)),
    await attempt('keys', 'check WEIR_MASTER_KEY, or the key file in the data directory', async () => keysOf(config, io)),
    ...config.redis === undefined ? [] : [await attempt('redis', 'check WEIR_REDIS_URL and that Redis runs; without it, budgets hold for budgets.redisGrace', () => redisState(config.redis?.url ?? '', config.redis?.ca))],
    { name: 'clock', ok: Date.now() > EARLIEST_CLOCK_MS, found: new Date().toISOString(), remedy: 'set the clock: tokens and approvals expire by it' },
  ]
}

function policyRemedy ({ policies }: Config): string {
  return typeof policies === 'string'
    ? 'mend the file and line named here; "weir policy test" runs the rules\' own tests'
    : 'check policies.bundle, its key and its token; "weir policy sign" and "weir policy push" put a bundle there'
}

async function ledgerState (config: Config): Promise<string> {
  const dir = journalDirOf(config.dataDir)
  if (!existsSync(dir)) return 'none yet'
  const report = await verifyJournal(dir)
  if (!report.ok) throw new Error(`entry ${report.firstBad?.index ?? '?'}: ${report.firstBad?.problem ?? 'does not verify'}`)
  return `${report.entries} entries, verified`
}

async function keysOf (config: Config, io: Io): Promise<string> {
  const stored = (await openVaultOf(config, io.env)).list()
  const missing = Object.entries(config.providers).filter(([id, provider]) => provider.keyless !== true && !stored.some((key) => key.provider === id)).map(([id]) => id)
  if (missing.length > 0) throw new Error(`no key for ${missing.join(', ')}: weir keys set ${missing[0] ?? ''} --env DEV`)
  return `${stored.length} stored`
}

async function redisState (url: string, ca: string | undefined): Promise<string> {
  const { lookAtRedis } = await import('../redis/look-at-redis.ts')
  return await lookAtRedis(url, ca)
}

async function attempt (name: string, remedy: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, found: await look() }
  } catch (thrown) {
    const found = thrown instanceof Error && thrown.name !== 'GatewayError' ? thrown.message : asGatewayError(thrown).message
    return { name, ok: false, found, remedy }
  }
}

// By what each limit holds differs between machines; none of it uses control groups.
function limitsOf ({ agent }: Config): string {
  return limitEnforcers(agent.limits, { uid: process.getuid?.() ?? 0, kernel: release() }).map(([limit, by]) => `${limit}: ${by}`).join('; ')
}

async function sandboxFindings ({ agent }: Config): Promise<Finding[]> {
  const problems = await checkSandbox(agent)
  if (problems.length === 0 && agent.sandbox === 'none') return [{ name: 'sandbox', ok: false, found: `none: ${UNCONTAINED}`, remedy: 'set agent.sandbox to bubblewrap or podman' }]
  if (problems.length === 0) return [{ name: 'sandbox', ok: true, found: agent.sandbox === 'podman' ? `a command ran in a container (${await podmanVersion()}, ${agent.runtime ?? 'its own runtime'})` : 'a command ran in one' }]
  return problems.map(({ problem, advice }) => ({ name: 'sandbox', ok: false, found: problem, remedy: advice }))
}
