import type { Readable } from 'node:stream'
import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { eventBody } from '../core/ledger-entry.ts'
import type { Permit } from '../core/permit.ts'
import { INSIDE, type ToolEnd } from '../../sandbox/sandbox.ts'
import { demandPermit } from './demand-permit.ts'
import { passedChecks } from './passed-checks.ts'
import { releaseTree } from './release-tree.ts'
import type { CheckResult, SignedManifest } from './release.ts'
import type { ReleasePorts } from './release-ports.ts'

const MAX_OUTPUT_BYTES = 65_536 // the end of it, for who asked; kept nowhere

/** A check that was run; `output` is the end of what it printed. */
export interface CheckRun { readonly check: CheckResult, readonly output: string }

/**
 * Runs a configured check on exactly what the release holds, in a sandbox of its own without network, and records how it ended. The caller
 * names the check and never the command: nobody can have anything else pass in its name.
 *
 * @param stopping ends the command, whose result is then not recorded
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN (no such check), WEIR_ERR_DENIED, WEIR_ERR_PENDING, WEIR_ERR_PROJECT, WEIR_ERR_SANDBOX, WEIR_ERR_STORE
 */
export async function runCheck (ports: ReleasePorts, release: SignedManifest, name: string, context: Context, stopping: AbortSignal): Promise<CheckRun> {
  const { book, ledger } = ports
  const { manifest: { id, digest, madeBy, app } } = release
  const command = ports.commandOf(app, name)
  if (command === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', `There is no check "${name}" for this app.`)
  const project = await ports.project(app)
  const { permit } = await demandPermit(ports.governor, { kind: 'release', release: id, digest, action: 'check', madeBy, live: book.live(id), checks: passedChecks(book, id), from: null }, context)
  try {
    const lowerDir = await lowerDirOf(ports, release, project)
    const { end, output } = await runIn(ports, { permit, lowerDir, command }, stopping)
    const check: CheckResult = { id, name, passed: end.how === 'exited' && end.code === 0, how: end.how, code: end.code, by: context.actor.id, atMs: ports.nowMs(), entry: permit.entry }
    // A command that was killed because the gateway stops, or for its limits, said nothing about the release.
    if (end.how !== 'killed') ports.write({ kind: 'checked', check })
    ledger.settle(permit, end.how === 'killed' ? 'failed' : 'done', { release: id, check: name, how: end.how, code: end.code })
    ledger.record(eventBody('release-checked', context, { release: id, digest, check: name, passed: check.passed, decision: permit.entry }))
    return { check, output }
  } catch (error) {
    ledger.settle(permit, 'failed', { release: id, check: name })
    throw error
  }
}

type OpenProject = Awaited<ReturnType<ReleasePorts['project']>>

async function lowerDirOf ({ classOf }: ReleasePorts, { manifest: { commit } }: SignedManifest, project: OpenProject): Promise<string> {
  // Path classes may have changed since: a check of less than the release would speak of another one.
  if ((await releaseTree(project.git, commit, classOf)).withheld > 0) throw new GatewayError('WEIR_ERR_PROJECT', 'By the policy in force now, this release holds files that no sandbox may see. Make another release.')
  return (await project.writeOut(commit, classOf)).lowerDir
}

interface Run { readonly permit: Permit, readonly lowerDir: string, readonly command: string }

async function runIn ({ sandboxes }: ReleasePorts, { permit, lowerDir, command }: Run, stopping: AbortSignal): Promise<{ readonly end: ToolEnd, readonly output: string }> {
  const over = new AbortController()
  const sandbox = await sandboxes.open(permit, { lowerDir, onLimit: (_hit, ended) => { if (ended === 'session') over.abort() } })
  try {
    if (stopping.aborted) throw new GatewayError('WEIR_ERR_SANDBOX', 'The gateway is stopping.')
    const tool = sandbox.runTool(permit, { command, cwd: INSIDE.workspace })
    for (const signal of [stopping, over.signal]) signal.addEventListener('abort', () => { tool.kill() }, { once: true })
    tool.stdin.end()
    const output = lastOf(tool.stdout, tool.stderr)
    return { end: await tool.ended, output: output() }
  } finally {
    await sandbox.stop()
  }
}

function lastOf (...streams: readonly Readable[]): () => string {
  let kept: Buffer = Buffer.alloc(0)
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk])
      if (kept.length > 2 * MAX_OUTPUT_BYTES) kept = kept.subarray(-MAX_OUTPUT_BYTES)
    })
  }
  return () => kept.subarray(-MAX_OUTPUT_BYTES).toString('utf8')
}
