import { resolve } from 'node:path'
import { loadConfig, type ConfigOptions } from '../config-file.ts'
import type { Config } from '../config.ts'

/** What a command may touch of the process that runs it. */
export interface Io {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Whether a person reads stderr as it comes, so that progress helps. Default false. */
  readonly hasTerminal?: boolean
  stdout (text: string): void
  stderr (text: string): void
  /** The configuration the command's options lead to. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
  config (options: ConfigOptions): Config
  /** The data directory those options lead to. */
  dataDir (options: ConfigOptions): string
}

/** A command that ran and was refused or failed: exit code 1, the message on stderr. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
}

export function processIo (): Io {
  const { env } = process
  const cwd = process.cwd()
  return {
    env,
    cwd,
    hasTerminal: process.stderr.isTTY === true,
    stdout (text) { process.stdout.write(text) },
    stderr (text) { process.stderr.write(text) },
    config: (options) => loadConfig(options, env, cwd),
    dataDir (options) {
      const named = options.dataDir ?? env['WEIR_DATA_DIR']
      return named === undefined ? loadConfig(options, env, cwd).dataDir : resolve(cwd, named)
    },
  }
}

/** The options every command that touches a data directory takes. */
export const DATA_OPTIONS = {
  config: ['--config <file>', 'configuration file (default: weir.yaml here, if there is one)'],
  dataDir: ['--data-dir <dir>', 'data directory (default: .weir)'],
} as const
