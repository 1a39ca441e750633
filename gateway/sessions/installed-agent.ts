import { findAgentBinary } from '../../sandbox/agent-binary.ts'
import { packageRoot } from '../package-root.ts'

/** The OpenCode executable of this installation. @throws GatewayError WEIR_ERR_AGENT_START naming what to install */
export function installedAgent (command: string, env: NodeJS.ProcessEnv): string {
  return findAgentBinary({ command, root: packageRoot(), path: env['PATH'] ?? '', arch: process.arch })
}
