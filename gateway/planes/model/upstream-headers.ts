import type { AuthStyle, ModelFormat, ModelRequest } from '../../../adapters/model-format.ts'
import type { ProviderConfig } from '../../config.ts'

/** A request for a provider, and who is asked how. `key` is null for a provider without keys. */
export interface UpstreamRequest {
  readonly asked: Pick<ModelRequest, 'stream'>
  readonly format: Pick<ModelFormat, 'auth'>
  readonly config: Pick<ProviderConfig, 'auth'>
  readonly key: string | null
  /** What of the client's goes on, as the format says; names and values alternating. */
  readonly passed: readonly string[]
}

/** Headers for the provider, names and values alternating. Written new: nothing of the client's own goes there but what the format names. */
export function upstreamHeaders ({ asked, format, config, key, passed }: UpstreamRequest): readonly string[] {
  return [
    'content-type', 'application/json',
    'accept', asked.stream ? 'text/event-stream' : 'application/json',
    'accept-encoding', 'identity',
    'user-agent', 'weir',
    ...credential(config.auth ?? format.auth, key),
    ...passed,
  ]
}

function credential (auth: AuthStyle, key: string | null): readonly string[] {
  if (key === null || auth === 'none') return []
  return auth === 'bearer' ? ['authorization', `Bearer ${key}`] : [auth, key]
}
