import type { Config } from '../config.ts'
import { asGatewayError } from '../core/errors.ts'
import type { GatewayLog } from '../governance.ts'
import type { Journal } from '../ledger/journal.ts'
import { eventOf } from '../vault/key-change.ts'
import { openVaultOf } from '../vault/open-vault.ts'
import type { Vault } from '../vault/vault.ts'

export interface KeptVaultPorts {
  readonly config: Pick<Config, 'dataDir' | 'vault'>
  readonly env: NodeJS.ProcessEnv
  readonly journal: Pick<Journal, 'append'>
  readonly log: GatewayLog
}

/** A vault whose changes, by whichever process, come to the ledger, and whose retired keys are removed. */
export interface KeptVault {
  readonly vault: Vault
  /** Records what was done to the vault and is not in the ledger yet. Never rejects: what could not be recorded waits. */
  recordChanges (): Promise<void>
  close (): Promise<void>
}

const LOOK_MS = 1_000
const SELF = 'weir'

/**
 * Opens the vault of a gateway. A change and the word of it are one write of the vault file, and the word is taken away after the ledger
 * has it: so it is never lost, and after a crash between the two it is recorded twice, under the same id.
 *
 * @throws GatewayError WEIR_ERR_VAULT
 */
export async function openKeptVault ({ config, env, journal, log }: KeptVaultPorts): Promise<KeptVault> {
  const vault = await openVaultOf(config, env, (message, cause) => log.warn({ err: cause }, message))
  let looking: Promise<void> | null = null
  let troubled = ''

  function recordChanges (): Promise<void> {
    looking ??= look().then(
      () => { troubled = '' },
      (thrown: unknown) => report(thrown)
    ).finally(() => { looking = null })
    return looking
  }
  async function look (): Promise<void> {
    await vault.prune(SELF)
    const changes = vault.changes()
    await Promise.all(changes.map((change) => journal.append(eventOf(change))))
    await vault.acknowledge(new Set(changes.map(({ id }) => id)))
  }
  // Looked at each second: the same trouble is told once.
  function report (thrown: unknown): void {
    const { code } = asGatewayError(thrown)
    if (code !== troubled) log.warn({ err: thrown }, 'changes of the vault wait to be recorded')
    troubled = code
  }

  await recordChanges()
  const timer = setInterval(() => { void recordChanges() }, LOOK_MS).unref()
  return {
    vault,
    async recordChanges () {
      await looking // that one may have looked before the change
      await recordChanges()
    },
    async close () {
      clearInterval(timer)
      await looking
    },
  }
}
