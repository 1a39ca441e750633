import { userInfo } from 'node:os'
import { Option, type Command } from 'commander'
import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import type { Slot } from '../vault/key-name.ts'
import { openVaultOf } from '../vault/open-vault.ts'
import type { Vault } from '../vault/vault.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'

/** The options of every command that names a key. */
export interface KeyOptions { readonly env: Environment, readonly app?: string, readonly id?: string, readonly json?: boolean, readonly config?: string, readonly dataDir?: string }

/** The options that name a key. */
export function withKeyOptions (command: Command): Command {
  return command
    .addOption(new Option('--env <environment>', 'the environment it is for').choices(ENVIRONMENTS).makeOptionMandatory())
    .option('--app <app>', 'the one app it is for; without it, every app that has no key of its own')
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

export async function vaultOf (io: Io, options: Pick<KeyOptions, 'config' | 'dataDir'>): Promise<Vault> {
  return await openVaultOf(io.config(options), io.env)
}

export function slotOf (provider: string, { env, app }: Pick<KeyOptions, 'env' | 'app'>): Slot {
  return { provider, environment: env, app: app ?? null }
}

/** The environment, and the app if it is for one, as people read it. */
export function placeOf ({ env, app }: Pick<KeyOptions, 'env' | 'app'>): string {
  return app === undefined ? env : `${app} in ${env}`
}

/** Who gives the command, for the ledger: whoever may write to the data directory needs no token. */
export function localActor (): string {
  try {
    return `local:${userInfo().username}`
  } catch {
    return `local:${process.getuid?.() ?? 'unknown'}` // a container's user often has no name
  }
}

/** The key on standard input. @throws CommandFailed when there is none */
export async function valueFromStdin (command: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const value = Buffer.concat(chunks).toString('utf8').trim()
  if (value === '') throw new CommandFailed(`No key came on standard input. Example: weir keys ${command} openai --env DEV < key.txt`)
  return value
}
