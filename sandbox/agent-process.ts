import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../gateway/core/errors.ts'
import { agentEnvironment, serveArguments } from './agent-environment.ts'
import { agentArguments, agentCommand, type AgentPaths } from './argv.ts'
import { toolPaths, type Driver } from './driver.ts'
import { startJail, type Jailed } from './jail.ts'
import { coverProjectConfig } from './project-config.ts'
import { untilHealthy } from './readiness.ts'
import type { RunFolder } from './run-folder.ts'
import { INSIDE, type AgentSpec } from './sandbox.ts'

const START_MS = 90_000 // two seconds alone on a core; this is for a machine under load
const DIAGNOSTIC_BYTES = 4_096

/** Where an agent is started: on this holder's mounts, and with this folder for its conversations, if any. */
export interface AgentPlace { readonly holderPid: number, readonly conversations: string | null }

/** Starts the agent of a run. Its standard input stays open and unused: the relay ends when the gateway's end closes. */
export function launchAgent (driver: Driver, run: RunFolder, { holderPid, conversations }: AgentPlace, spec: AgentSpec, password: string): Jailed {
  writeFileSync(run.config, JSON.stringify(spec.config), { mode: 0o600 })
  const paths: AgentPaths = {
    ...toolPaths(driver, run),
    agentBinary: driver.options.agentBinary,
    inside: driver.runtime.inside,
    launcher: driver.runtime.launcher,
    models: driver.runtime.models,
    config: run.config,
    gateDir: run.gateDir,
    agentDir: run.agentDir,
    shells: driver.shells,
    covered: coverProjectConfig(`/proc/${holderPid}/root${run.merged}`, driver.runtime.covers),
    conversations,
  }
  return startJail({
    holderPid,
    options: agentArguments(paths, agentEnvironment(password, conversations !== null)),
    command: agentCommand(driver.options.agentArguments ?? serveArguments(INSIDE.agentPort), driver.limits),
    filter: driver.filter,
    cpus: driver.cpus,
    walls: driver.walls,
    isFirst: true, // the relay
  })
}

/** Drains the agent's output, so that it never blocks on a full pipe. @returns its last words, the password masked */
export function lastWordsOf (agent: Jailed, password: string): () => string {
  let last = ''
  const keep = (text: string): void => { last = (last + text).slice(-DIAGNOSTIC_BYTES) }
  agent.stdout.setEncoding('utf8').on('data', keep)
  agent.stderr.setEncoding('utf8').on('data', keep)
  return () => last.replaceAll(password, '[password]').trim()
}

/**
 * Waits for the agent's first healthy answer.
 *
 * @throws GatewayError WEIR_ERR_AGENT_START when it ends before, or does not answer within 90 s
 */
export async function untilAnswering (agent: Jailed, run: RunFolder, authorization: string): Promise<void> {
  const giveUp = new AbortController()
  const timer = setTimeout(() => { giveUp.abort() }, START_MS)
  let ended: number | null = null
  agent.onExit((code) => {
    ended = code
    giveUp.abort()
  })
  const healthy = await untilHealthy(run.agentSocket, join(run.agentDir, 'agent.sock'), authorization, giveUp.signal)
  clearTimeout(timer)
  if (healthy) return
  agent.kill()
  throw new GatewayError('WEIR_ERR_AGENT_START', ended === null ? `The agent did not answer within ${START_MS / 1_000} s.` : `The agent ended with code ${String(ended)} before it answered.`)
}
