import type { PolicyEngine } from '../policy/engine.ts'
import { createOutgoing, type Outgoing } from '../outgoing/outgoing.ts'
import type { Vault } from '../vault/vault.ts'

/** Looks through outgoing requests while the policy in force has data about them, also for every key of the vault. */
export function openOutgoing ({ policy, vault }: { readonly policy: PolicyEngine, readonly vault: Pick<Vault, 'values'> }): Outgoing {
  return createOutgoing({ asked: () => policy.data().outgoing ?? null, keys: () => vault.values() })
}
