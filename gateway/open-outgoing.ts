import { ENVIRONMENTS } from './core/actor.ts'
import type { Config } from './config.ts'
import type { PolicyEngine } from './policy/engine.ts'
import { createOutgoing, type Outgoing } from './outgoing/outgoing.ts'
import type { ProviderKey, Vault } from './vault/vault.ts'

const RECHECK_MS = 1_000 // as often as the vault itself looks whether its file changed

/** Looks through outgoing requests while the policy in force has data about them, also for the keys of the configured providers. */
export function openOutgoing ({ policy, vault, providers }: { readonly policy: PolicyEngine, readonly vault: Pick<Vault, 'keys'>, readonly providers: Config['providers'] }): Outgoing {
  return createOutgoing({ isAsked: () => policy.data().outgoing !== undefined, keys: heldKeys(vault, Object.keys(providers)) })
}

function heldKeys (vault: Pick<Vault, 'keys'>, providers: readonly string[]): () => readonly string[] {
  let held: ReadonlyArray<readonly ProviderKey[]> = []
  let values: readonly string[] = []
  let checkedMs = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - checkedMs < RECHECK_MS) return values
    checkedMs = now
    const current = providers.flatMap((provider) => ENVIRONMENTS.map((environment) => vault.keys(provider, environment)))
    if (current.length !== held.length || current.some((keys, i) => keys !== held[i])) {
      held = current
      values = current.flatMap((keys) => keys.map(({ value }) => value))
    }
    return values
  }
}
