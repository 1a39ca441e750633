import { Command, CommanderError } from 'commander'
import { GatewayError } from '../core/errors.ts'
import { packageVersion } from '../package-root.ts'
import { COMMANDS, COMMAND_NAMES, namedCommand, type CommandName } from './commands.ts'
import { CommandFailed, processIo, type Io } from './io.ts'

const EXIT_OK = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Runs one command line. @returns the exit code: 0 ok, 1 refused or failed, 2 bad usage */
export async function main (argv: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    const named = namedCommand(argv)
    const program = await weirProgram(io, named === undefined ? COMMAND_NAMES : [named])
    await program.parseAsync([...argv])
    return process.exitCode === undefined ? EXIT_OK : Number(process.exitCode)
  } catch (thrown) {
    return report(thrown, io)
  }
}

/** The command tree with these commands; with all, by default, also what the generated reference page is made from. */
export async function weirProgram (io: Io, names: readonly CommandName[] = COMMAND_NAMES): Promise<Command> {
  const program = new Command('weir')
    .description('A policy-as-code governance gateway between OpenCode clients and sandboxed OpenCode agents.')
    .version(packageVersion(), '--version', 'print the version')
    .showHelpAfterError('(add --help for usage)')
  for (const name of names) program.addCommand(await COMMANDS[name](io))
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
