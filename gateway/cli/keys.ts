import { Command, Option } from 'commander'
import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { openVaultOf } from '../vault/open-vault.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { describeImport } from './keys-import.ts'

interface KeyOptions { readonly env: Environment, readonly add?: boolean, readonly weight?: number, readonly id?: string, readonly json?: boolean, readonly config?: string, readonly dataDir?: string }

/** `weir keys set|import|list|remove`: the vault of provider keys. Values go in by standard input and never come out. */
export function keysCommand (io: Io): Command {
  const keys = new Command('keys').description('write, list and remove provider keys; a value can never be read back')
  withOptions(keys.command('set').description('store a provider\'s key; the value comes on standard input').argument('<provider>', 'the provider\'s id'))
    .option('--add', 'keep the keys that are there and use this one beside them; without it, it replaces them')
    .addOption(new Option('--weight <number>', 'share of the requests beside other keys, 1 to 1000').default(1).argParser(Number))
    .action(async (provider: string, options: KeyOptions) => {
      const vault = await openVaultOf(io.dataDir(options), io.env)
      const value = (await readStdin()).trim()
      if (value === '') throw new CommandFailed('No key came on standard input. Example: weir keys set openai --env DEV < key.txt')
      const record = await vault.set(provider, options.env, value, { add: options.add ?? false, weight: options.weight ?? 1 })
      io.stdout(options.json === true ? `${JSON.stringify(record)}\n` : `The key of ${provider} for ${options.env} is stored as ${record.id}.\n`)
    })
  withOptions(describeImport(keys.command('import'), io))
  keys.command('list')
    .description('list stored keys, without their values')
    .option('--json', 'print JSON').option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: KeyOptions) => {
      const records = (await openVaultOf(io.dataDir(options), io.env)).list()
      if (options.json === true) return io.stdout(`${JSON.stringify(records)}\n`)
      for (const record of records) io.stdout(`${record.id}  ${record.provider}  ${record.environment}${record.weight === undefined ? '' : `  weight ${record.weight}`}\n`)
    })
  withOptions(keys.command('remove').description('remove a provider\'s key, or all of them').argument('<provider>', 'the provider\'s id'))
    .option('--id <key>', 'the one key to remove, as `weir keys list` names it; without it, all of this provider and environment')
    .action(async (provider: string, options: KeyOptions) => {
      const removed = await (await openVaultOf(io.dataDir(options), io.env)).remove(provider, options.env, options.id)
      if (!removed) throw new CommandFailed(`There is no ${options.id === undefined ? 'key' : `key ${options.id}`} of ${provider} for ${options.env}.`)
      io.stdout(options.json === true ? '{"removed":true}\n' : `${options.id === undefined ? 'Every key' : `The key ${options.id}`} of ${provider} for ${options.env} is removed.\n`)
    })
  return keys
}

function withOptions (command: Command): Command {
  return command
    .addOption(new Option('--env <environment>', 'the environment it is for').choices(ENVIRONMENTS).makeOptionMandatory())
    .option('--json', 'print JSON')
    .option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
}

async function readStdin (): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
