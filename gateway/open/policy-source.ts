import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, PolicyBundleConfig } from '../config.ts'
import { GatewayError } from '../core/errors.ts'
import { createBundleClient } from '../policy/bundle/client.ts'
import type { BundleTrust } from '../policy/bundle/signature.ts'
import { bundleSource, type BundleSource } from '../policy/bundle/source.ts'
import { openBundleStore, type BundleStore } from '../policy/bundle/store.ts'
import { bundleUrl } from '../policy/bundle/url.ts'
import { findOpa } from '../policy/opa-binary.ts'
import { folderSource, type PolicySource } from '../policy/policy-source.ts'
import { readPublicKey } from '../policy/bundle/signing-key.ts'

export interface PolicySourceOptions {
  readonly config: Pick<Config, 'dataDir' | 'allowOlderPolicy'>
  readonly env: NodeJS.ProcessEnv
  readonly onWarning: (message: string, cause: unknown) => void
  /** Where the last good bundle is kept. Default: in the data directory. */
  readonly store?: BundleStore
}

/** `server` is null for a folder. */
export interface OpenedPolicySource { readonly source: PolicySource, readonly server: BundleSource | null }

/**
 * The source that the configuration names: a folder, or a bundle server.
 *
 * @throws GatewayError WEIR_ERR_CONFIG_INVALID when key, token or address are unusable; WEIR_ERR_OPA_MISSING for a folder
 */
export async function openPolicySource (policies: Config['policies'], options: PolicySourceOptions): Promise<OpenedPolicySource> {
  const { config, env } = options
  if (typeof policies === 'string') {
    return { source: folderSource({ dir: policies, opa: await findOpa(env), cacheDir: join(config.dataDir, 'policy-cache') }), server: null }
  }
  const token = tokenOf(policies, env)
  const server = bundleSource({
    client: createBundleClient(bundleUrl(policies.bundle, token !== null), token),
    store: options.store ?? openBundleStore(join(config.dataDir, 'policy-bundle')),
    trust: await trustOf(policies),
    poll: { minMs: policies.pollMs.min, maxMs: policies.pollMs.max, longPollSeconds: policies.longPollSeconds },
    allowOlder: config.allowOlderPolicy,
    nowMs: Date.now,
    onWarning: options.onWarning,
  })
  return { source: server, server }
}

async function trustOf ({ publicKey, algorithm, keyId, scope, allowUnsigned }: PolicyBundleConfig): Promise<BundleTrust | null> {
  if (publicKey === null) {
    // The configuration was checked; this is the last door before unsigned policy, so it is checked here too.
    if (!allowUnsigned) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'policies.publicKey is missing.')
    return null
  }
  const pem = publicKey.trimStart().startsWith('-----BEGIN') ? publicKey : await readKeyFile(publicKey)
  return { key: readPublicKey(pem, algorithm), algorithm, keyId, scope }
}

async function readKeyFile (file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `The public key ${file} could not be read.`, { cause })
  }
}

function tokenOf ({ tokenVariable }: PolicyBundleConfig, env: NodeJS.ProcessEnv): string | null {
  if (tokenVariable === null) return null
  const token = env[tokenVariable]
  if (token === undefined || token === '') throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `policies.token names the environment variable ${tokenVariable}, which is not set.`)
  return token
}
