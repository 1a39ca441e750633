import type { Command } from 'commander'
import type { Io } from './io.ts'

type Describe = (io: Io) => Promise<Command>

/** Every command by its name, in the order of the help. Its modules are loaded when it is asked for: no command waits for those of another. */
export const COMMANDS = {
  start: async (io) => (await import('./start.ts')).startCommand(io),
  run: async (io) => (await import('./client.ts')).runCommand(io),
  attach: async (io) => (await import('./client.ts')).attachCommand(io),
  acp: async (io) => (await import('./acp.ts')).acpCommand(io),
  login: async (io) => (await import('./login.ts')).loginCommand(io),
  token: async (io) => (await import('./token.ts')).tokenCommand(io),
  keys: async (io) => (await import('./keys.ts')).keysCommand(io),
  policy: async (io) => (await import('./policy/policy.ts')).policyCommand(io),
  roles: async (io) => (await import('./roles.ts')).rolesCommand(io),
  audit: async (io) => (await import('./audit.ts')).auditCommand(io),
  approvals: async (io) => (await import('./approvals.ts')).approvalsCommand(io),
  releases: async (io) => (await import('./releases.ts')).releasesCommand(io),
  hooks: async (io) => (await import('./hooks.ts')).hooksCommand(io),
  mcp: async (io) => (await import('./mcp.ts')).mcpCommand(io),
  usage: async (io) => (await import('./usage.ts')).usageCommand(io),
  agent: async (io) => (await import('./agent.ts')).agentCommand(io),
  doctor: async (io) => (await import('./doctor.ts')).doctorCommand(io),
} as const satisfies Readonly<Record<string, Describe>>

export type CommandName = keyof typeof COMMANDS

/** @returns the command that a command line begins with; undefined when it begins with an option, or with what is no command */
export function namedCommand (argv: readonly string[]): CommandName | undefined {
  return COMMAND_NAMES.find((name) => name === argv[2])
}

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[]
