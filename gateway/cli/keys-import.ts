import type { Command } from 'commander'
import { asGatewayError } from '../core/errors.ts'
import { loadRegistry, type Registry } from '../providers/registry.ts'
import { isOfSlot } from '../vault/key-name.ts'
import type { Vault } from '../vault/vault.ts'
import { CommandFailed, type Io } from './io.ts'
import { localActor, slotOf, vaultOf, type KeyOptions } from './key-options.ts'

interface ImportOptions extends KeyOptions { readonly replace?: boolean }

/** What became of a provider's key. `variable` is the name of an environment variable, never its value. */
type Imported =
  | { readonly provider: string, readonly outcome: 'stored', readonly variable: string, readonly id: string }
  | { readonly provider: string, readonly outcome: 'kept' }
  | { readonly provider: string, readonly outcome: 'unset', readonly variables: readonly string[] }

/**
 * `weir keys import`: keys from the variables in which the providers' own clients look for them. Only of providers that are configured or
 * named: several providers read the same variable, and each would be given the key of another.
 */
export function describeImport (command: Command, io: Io): Command {
  return command
    .description('store the keys that are in the environment, each under its provider\'s usual variable')
    .argument('[providers...]', 'ids of known providers; without any, those of the configuration')
    .option('--replace', 'also where a key is stored already; without it, that one stays')
    .action(async (named: readonly string[], options: ImportOptions) => {
      const registry = loadRegistry()
      const providers = named.length > 0 ? known(named, registry) : configured(io, options, registry)
      const vault = await vaultOf(io, options)
      const imported: Imported[] = []
      for (const provider of providers) imported.push(await importKey(provider, { vault, registry, io, options }))
      io.stdout(options.json === true ? `${JSON.stringify(imported)}\n` : imported.map(line).join(''))
    })
}

function known (named: readonly string[], registry: Registry): readonly string[] {
  for (const provider of named) {
    if ((registry.get(provider)?.keyVariables.length ?? 0) === 0) throw new CommandFailed(`No variable is known for the key of ${provider.slice(0, 64)}: use weir keys set.`)
  }
  return [...new Set(named)]
}

function configured (io: Io, options: ImportOptions, registry: Registry): readonly string[] {
  const providers = Object.entries(io.config(options).providers).filter(([, { keyless }]) => keyless !== true).map(([id]) => id)
  const importable = providers.filter((id) => (registry.get(id)?.keyVariables.length ?? 0) > 0)
  if (importable.length === 0) throw new CommandFailed('The configuration has no provider whose key\'s variable is known: name one, or use weir keys set.')
  return importable
}

interface ImportPorts { readonly vault: Vault, readonly registry: Registry, readonly io: Io, readonly options: ImportOptions }

async function importKey (provider: string, { vault, registry, io, options }: ImportPorts): Promise<Imported> {
  const slot = slotOf(provider, options)
  if (options.replace !== true && vault.list().some((key) => isOfSlot(key, slot))) return { provider, outcome: 'kept' }
  const variables = registry.get(provider)?.keyVariables ?? []
  const variable = variables.find((name) => (io.env[name] ?? '').trim() !== '')
  if (variable === undefined) return { provider, outcome: 'unset', variables }
  try {
    const { id } = await vault.set(slot, io.env[variable] ?? '', localActor())
    return { provider, outcome: 'stored', variable, id }
  } catch (thrown) {
    throw new CommandFailed(`The key of ${provider} in ${variable} was not stored: ${asGatewayError(thrown).message}`)
  }
}

function line (imported: Imported): string {
  if (imported.outcome === 'stored') return `${imported.provider}  stored as ${imported.id}, from ${imported.variable}\n`
  if (imported.outcome === 'kept') return `${imported.provider}  has a key already\n`
  return `${imported.provider}  not set: ${imported.variables.join(', ')}\n`
}
