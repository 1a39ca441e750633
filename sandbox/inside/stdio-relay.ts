import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from './join.ts'

/**
 * First process of the sandbox of an agent that is spoken to on its standard streams. Gives it the gateway's model socket as a
 * loopback port, starts it and ends with it.
 *
 * Arguments: model port, then the agent's command line.
 */
const MODEL_SOCKET = '/weir/gate/model.sock'

const [modelPort = '', command = '', ...rest] = process.argv.slice(2)

const models = createServer({ allowHalfOpen: true })
join(models, { path: MODEL_SOCKET })
models.listen(Number(modelPort), '127.0.0.1', () => {
  const agent = spawn(command, rest, { stdio: 'inherit' })
  agent.on('error', () => { process.exit(127) })
  agent.on('exit', (code, signal) => { process.exit(code ?? (signal === null ? 1 : 128)) })
})
