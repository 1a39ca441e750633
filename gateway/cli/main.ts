import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { GatewayError } from '../core/errors.ts'
import { packageRoot } from '../package-root.ts'
import { approvalsCommand } from './approvals.ts'
import { auditCommand } from './audit.ts'
import { attachCommand, runCommand } from './client.ts'
import { doctorCommand } from './doctor.ts'
import { CommandFailed, processIo, type Io } from './io.ts'
import { keysCommand } from './keys.ts'
import { loginCommand } from './login.ts'
import { policyCommand } from './policy/policy.ts'
import { rolesCommand } from './roles.ts'
import { startCommand } from './start.ts'
import { tokenCommand } from './token.ts'
import { usageCommand } from './usage.ts'

const EXIT_OK = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Runs one command line. @returns the exit code: 0 ok, 1 refused or failed, 2 bad usage */
export async function main (argv: readonly string[], io: Io = processIo()): Promise<number> {
  const program = weirProgram(io)
  try {
    await program.parseAsync([...argv])
    return process.exitCode === undefined ? EXIT_OK : Number(process.exitCode)
  } catch (thrown) {
    return report(thrown, io)
  }
}

/** The whole command tree; also what the generated reference page is made from. */
export function weirProgram (io: Io): Command {
  const program = new Command('weir')
    .description('A policy-as-code governance gateway between OpenCode clients and sandboxed OpenCode agents.')
    .version(versionOfPackage(), '--version', 'print the version')
    .showHelpAfterError('(add --help for usage)')
  const commands = [
    startCommand(io), runCommand(io), attachCommand(io), loginCommand(io), tokenCommand(io), keysCommand(io), policyCommand(io), rolesCommand(io), auditCommand(io),
    approvalsCommand(io), usageCommand(io), doctorCommand(io),
  ]
  for (const command of commands) program.addCommand(command)
  throwInsteadOfExit(program, io)
  return program
}

// Commander copies these settings to commands made by it, not to those added to it.
function throwInsteadOfExit (command: Command, io: Io): void {
  command.exitOverride()
  command.configureOutput({ writeOut: (text) => io.stdout(text), writeErr: (text) => io.stderr(text) })
  command.commands.forEach((child) => throwInsteadOfExit(child, io))
}

function report (thrown: unknown, io: Io): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE
  if (thrown instanceof CommandFailed) {
    io.stderr(`weir: ${thrown.message}\n`)
    return EXIT_FAILED
  }
  if (thrown instanceof GatewayError) {
    const cause = thrown.cause instanceof Error ? ` (${thrown.cause.message})` : ''
    io.stderr(`weir: ${thrown.message}${cause} [${thrown.code}]\n`)
    return EXIT_FAILED
  }
  io.stderr(`weir: ${thrown instanceof Error ? thrown.stack ?? thrown.message : 'failed'}\n`)
  return EXIT_FAILED
}

function versionOfPackage (): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return manifest.version
}
