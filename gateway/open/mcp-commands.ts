import type { SandboxDriver } from '../../sandbox/sandbox.ts'
import type { Config } from '../config.ts'
import type { GatewayLog } from '../governance.ts'
import { createCommandServers, type CommandServers } from '../mcp/command-servers.ts'
import type { Vault } from '../vault/vault.ts'

export interface McpCommandsParts {
  readonly config: Config
  readonly vault: Pick<Vault, 'values'>
  readonly log: GatewayLog
  readonly sandboxes: () => Pick<SandboxDriver, 'open'>
}

/** The MCP servers that are commands, in the sandboxes of a gateway. */
export function openMcpCommands ({ config, vault, log, sandboxes }: McpCommandsParts): CommandServers {
  return createCommandServers({
    sandboxes: { open: (permit, spec) => sandboxes().open(permit, spec) },
    lifeMs: config.agent.limits.sessionMs,
    onDied (server, lastWords) {
      const output = vault.values().some((value) => lastWords.includes(value)) ? '(it held a key)' : lastWords
      log.warn({ server, output }, 'an MCP server ended unasked')
    },
    nowMs: Date.now,
  })
}
