import { hkdfSync } from 'node:crypto'
import { join } from 'node:path'
import { createEmbeddedProvider, type EmbeddedProvider } from './embedded-provider.ts'
import { openSigningKey } from './signing-key.ts'
import { openTokenRegistry, type TokenRegistry } from './token-registry.ts'

export interface Identity {
  readonly provider: EmbeddedProvider
  readonly registry: TokenRegistry
  /** 32 bytes for that purpose, the same for every gateway with this signing key. */
  secretFor (purpose: string): Uint8Array
}

/** The embedded identity provider of a data directory; makes its key on first use. */
export function openIdentity (dataDir: string, nowMs: () => number): Identity {
  const key = openSigningKey(join(dataDir, 'identity', 'signing-key.pem'))
  const registry = openTokenRegistry(join(dataDir, 'identity', 'tokens.jsonl'))
  return {
    registry,
    provider: createEmbeddedProvider({ key, registry, nowMs }),
    secretFor: (purpose) => new Uint8Array(hkdfSync('sha256', key.privateKey.export({ type: 'pkcs8', format: 'der' }), '', `weir ${purpose}`, 32)),
  }
}
