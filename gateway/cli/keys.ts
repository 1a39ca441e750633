import { Command, Option } from 'commander'
import type { KeyName } from '../vault/key-name.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { localActor, placeOf, slotOf, valueFromStdin, vaultOf, withKeyOptions, type KeyOptions } from './key-options.ts'
import { describeImport } from './keys-import.ts'
import { describeRotate, describeRotateMaster } from './keys-rotate.ts'

interface SetOptions extends KeyOptions { readonly add?: boolean, readonly weight?: number }

/** `weir keys set|import|list|rotate|remove|rotate-master`: the vault of provider keys. Values go in by standard input and never come out. */
export function keysCommand (io: Io): Command {
  const keys = new Command('keys').description('write, list, rotate and remove provider keys; a value can never be read back')
  withKeyOptions(keys.command('set').description('store a provider\'s key; the value comes on standard input').argument('<provider>', 'the provider\'s id'))
    .option('--add', 'keep the keys that are there and use this one beside them; without it, it replaces them')
    .addOption(new Option('--weight <number>', 'share of the requests beside other keys, 1 to 1000').default(1).argParser(Number))
    .action((provider: string, options: SetOptions) => setKey(io, provider, options))
  withKeyOptions(describeImport(keys.command('import'), io))
  describeList(keys.command('list'), io)
  withKeyOptions(describeRotate(keys.command('rotate'), io))
  withKeyOptions(keys.command('remove').description('remove a provider\'s key, or all of them').argument('<provider>', 'the provider\'s id'))
    .option('--id <key>', 'the one key to remove, as `weir keys list` names it; without it, all of this provider, environment and app')
    .action((provider: string, options: KeyOptions) => removeKeys(io, provider, options))
  describeRotateMaster(keys.command('rotate-master'), io)
  return keys
}

async function setKey (io: Io, provider: string, options: SetOptions): Promise<void> {
  const vault = await vaultOf(io, options)
  const record = await vault.set(slotOf(provider, options), await valueFromStdin('set'), localActor(), options)
  io.stdout(options.json === true ? `${JSON.stringify(record)}\n` : `The key of ${provider} for ${placeOf(options)} is stored as ${record.id}.\n`)
}

function describeList (command: Command, io: Io): void {
  command
    .description('list stored keys, without their values')
    .option('--json', 'print JSON').option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: Pick<KeyOptions, 'json' | 'config' | 'dataDir'>) => {
      const vault = await vaultOf(io, options)
      if (options.json === true) return io.stdout(`${JSON.stringify(vault.list())}\n`)
      for (const record of vault.list()) io.stdout(`${line(record)}\n`)
      const { length } = vault.changes()
      if (length > 0) io.stderr(`${length} change${length === 1 ? '' : 's'} will be in the ledger when the gateway runs.\n`)
    })
}

async function removeKeys (io: Io, provider: string, options: KeyOptions): Promise<void> {
  const removed = await (await vaultOf(io, options)).remove(slotOf(provider, options), localActor(), options.id)
  if (removed.length === 0) throw new CommandFailed(`There is no ${options.id === undefined ? 'key' : `key ${options.id}`} of ${provider} for ${placeOf(options)}.`)
  io.stdout(options.json === true ? '{"removed":true}\n' : `${options.id === undefined ? 'Every key' : `The key ${options.id}`} of ${provider} for ${placeOf(options)} is removed.\n`)
}

function line ({ id, provider, environment, app, weight, retires }: KeyName): string {
  return [
    id, provider, environment,
    ...(app === undefined ? [] : [`app ${app}`]),
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(retires === undefined ? [] : [`until ${new Date(retires).toISOString()}`]),
  ].join('  ')
}
