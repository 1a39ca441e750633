import { type Command, InvalidArgumentError, Option } from 'commander'
import { asGatewayError } from '../core/errors.ts'
import { durationMs } from '../duration.ts'
import { rotateMasterKeyOf } from '../vault/open-vault.ts'
import { CommandFailed, DATA_OPTIONS, type Io } from './io.ts'
import { localActor, placeOf, slotOf, valueFromStdin, vaultOf, type KeyOptions } from './key-options.ts'

interface RotateKeyOptions extends KeyOptions { readonly grace: number, readonly weight?: number }
interface RotateMasterOptions { readonly json?: boolean, readonly config?: string, readonly dataDir?: string }

const GRACE = '10m' // longer than any answer takes, and than a provider needs until a new key works everywhere

/** `weir keys rotate`: a new key takes the place of the old one, which can be used for a while when the new one is refused. */
export function describeRotate (command: Command, io: Io): Command {
  return command
    .description('replace a provider\'s key by the one on standard input; the old one stays usable for a while')
    .argument('<provider>', 'the provider\'s id')
    .option('--id <key>', 'the one key to replace; without it, all of this provider, environment and app')
    .option('--grace <duration>', 'how long an old key is still used where the new one is refused', parseGrace, durationMs(GRACE))
    .addOption(new Option('--weight <number>', 'share of the requests beside other keys, 1 to 1000 (default: that of the key it replaces)').argParser(Number))
    .action((provider: string, options: RotateKeyOptions) => rotateKey(io, provider, options))
}

async function rotateKey (io: Io, provider: string, options: RotateKeyOptions): Promise<void> {
  const { grace: graceMs, id, weight } = options
  const vault = await vaultOf(io, options)
  const value = await valueFromStdin('rotate')
  const { key, retired } = await vault.rotate(slotOf(provider, options), value, localActor(), { graceMs, id, weight }).catch((thrown: unknown) => {
    const error = asGatewayError(thrown)
    throw error.code === 'WEIR_ERR_KEY_MISSING' ? new CommandFailed(`There is no ${id === undefined ? 'key' : `key ${id}`} of ${provider} for ${placeOf(options)} to replace: use weir keys set.`) : error
  })
  if (options.json === true) return io.stdout(`${JSON.stringify({ key, retired })}\n`)
  io.stdout(`The key of ${provider} for ${placeOf(options)} is stored as ${key.id}.\n`)
  for (const { id: old, retires } of retired) io.stdout(`${old} may be used until ${new Date(retires ?? 0).toISOString()}, where the new one is refused.\n`)
}

/** `weir keys rotate-master`: every data key of the vault under the next master key. */
export function describeRotateMaster (command: Command, io: Io): Command {
  return command
    .description('move the vault to the next master key: one made here if the key is a file, else that of WEIR_MASTER_KEY_NEXT or vault.nextMasterKeyCommand')
    .option('--json', 'print JSON').option(...DATA_OPTIONS.config).option(...DATA_OPTIONS.dataDir)
    .action(async (options: RotateMasterOptions) => {
      const rotation = await rotateMasterKeyOf(io.config(options), io.env, localActor())
      if (options.json === true) return io.stdout(`${JSON.stringify(rotation)}\n`)
      const next = rotation.kept === 'file' ? 'master.key was replaced.' : 'Gateways that start from now on need the new key.'
      io.stdout(`${rotation.keys} key${rotation.keys === 1 ? '' : 's'} moved from ${rotation.from} to ${rotation.to}. ${next}\n`)
    })
}

function parseGrace (text: string): number {
  try {
    return durationMs(text)
  } catch {
    throw new InvalidArgumentError('a duration is a number and a unit, such as 10m, 12h or 7d')
  }
}
