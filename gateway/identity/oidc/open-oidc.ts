import { GatewayError } from '../../core/errors.ts'
import { createIdTokens, type IdTokens } from './id-tokens.ts'
import { idpFetch } from './idp-fetch.ts'
import { createKeySet } from './key-set.ts'
import type { OidcConfig } from './oidc-config.ts'
import { createDiscovery, type Discovered } from './provider-metadata.ts'

export interface Oidc {
  readonly tokens: IdTokens
  readonly discovered: Discovered
  close (): void
}

/** The identity provider of a gateway; nothing is asked before a token or a login needs it. */
export function openOidc (config: OidcConfig, { nowMs, onWarning }: { readonly nowMs: () => number, readonly onWarning: (message: string, cause: unknown) => void }): Oidc {
  const discovered = createDiscovery(config, nowMs)
  const load = async (): Promise<unknown> => {
    const { jwks_uri: uri } = (await discovered()).serverMetadata()
    if (uri === undefined) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The identity provider does not say where its keys are.')
    const answer = await idpFetch(uri, { headers: { accept: 'application/json' } })
    if (answer.status !== 200) throw new GatewayError('WEIR_ERR_UPSTREAM', `The identity provider answers ${answer.status} when asked for its keys.`)
    return await answer.json().catch((cause: unknown) => { throw new GatewayError('WEIR_ERR_UPSTREAM', 'The keys of the identity provider cannot be read.', { cause }) })
  }
  const keys = createKeySet({ load, nowMs, refreshMs: config.keyRefreshMs, graceMs: config.keyGraceMs, onWarning })
  keys.start()
  return { tokens: createIdTokens({ config, keys, nowMs }), discovered, close: () => keys.close() }
}
