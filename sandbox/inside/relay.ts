import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from './join.ts'

/**
 * First process of the agent's sandbox. Joins the agent's loopback port to a Unix socket that the gateway can reach,
 * gives the agent the gateway's model socket as a loopback port, starts the agent and ends with it.
 *
 * Arguments: agent port, model port, then the agent's command line.
 */
const AGENT_SOCKET = '/weir/agent/agent.sock'
const MODEL_SOCKET = '/weir/gate/model.sock'

const [agentPort = '', modelPort = '', command = '', ...rest] = process.argv.slice(2)

function start (): void {
  const agent = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] })
  // The gateway holds the other end of our input. The kernel ends us with it too; this covers the moment before that is set up.
  process.stdin.resume().on('close', () => { process.exit(1) })
  agent.on('error', () => { process.exit(127) })
  agent.on('exit', (code, signal) => { process.exit(code ?? (signal === null ? 1 : 128)) })
}

const models = createServer({ allowHalfOpen: true })
const agents = createServer({ allowHalfOpen: true })
join(models, { path: MODEL_SOCKET })
join(agents, { host: '127.0.0.1', port: Number(agentPort) })
models.listen(Number(modelPort), '127.0.0.1', () => {
  agents.listen(AGENT_SOCKET, start)
})
