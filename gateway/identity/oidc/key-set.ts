import { createLocalJWKSet, errors, type CryptoKey, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import { GatewayError } from '../../core/errors.ts'

const UNKNOWN_KEY_MS = 10_000 // anybody can send tokens with made-up key ids
const RETRY_MS = 2_000

export interface KeySetPorts {
  /** @throws GatewayError WEIR_ERR_UPSTREAM */
  readonly load: () => Promise<JSONWebKeySet>
  readonly nowMs: () => number
  readonly refreshMs: number
  readonly graceMs: number
  readonly onWarning: (message: string, cause: unknown) => void
}

/** The keys that a provider signs with, kept up to date. */
export interface KeySet {
  /** The key for this header. @throws jose's JWKSNoMatchingKey; GatewayError WEIR_ERR_UPSTREAM when there are no keys that may still be used */
  key (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey>
  /** Another number whenever the keys are others: what was verified by a key that is gone must be verified again. */
  generation (): number
  /** Fetches the keys every `refreshMs` until `close`. */
  start (): void
  close (): void
}

interface Loaded { readonly keyOf: ReturnType<typeof createLocalJWKSet>, readonly text: string }

export function createKeySet (ports: KeySetPorts): KeySet {
  let loaded: Loaded | null = null
  let loadedAtMs = -Infinity
  let triedAtMs = -Infinity
  let lookedForUnknownAtMs = -Infinity
  let loading: Promise<void> | null = null
  let generation = 0
  let timer: NodeJS.Timeout | undefined

  async function fetchKeys (): Promise<void> {
    triedAtMs = ports.nowMs()
    const set = publicKeys(await ports.load())
    const text = JSON.stringify(set)
    loadedAtMs = ports.nowMs()
    if (loaded?.text === text) return
    loaded = { keyOf: createLocalJWKSet(set), text }
    generation += 1
  }
  // Concurrent requests share one fetch.
  function refresh (): Promise<void> {
    loading ??= fetchKeys().finally(() => { loading = null })
    return loading
  }
  async function usable (): Promise<Loaded> {
    const isUsable = (): boolean => loaded !== null && ports.nowMs() - loadedAtMs <= ports.refreshMs + ports.graceMs
    if (!isUsable() && (loading !== null || ports.nowMs() - triedAtMs >= RETRY_MS)) await refresh()
    if (loaded === null || !isUsable()) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The keys of the identity provider could not be fetched.')
    return loaded
  }

  return {
    async key (header, token) {
      const { keyOf } = await usable()
      try {
        return await keyOf(header, token)
      } catch (cause) {
        if (!(cause instanceof errors.JWKSNoMatchingKey) || ports.nowMs() - lookedForUnknownAtMs < UNKNOWN_KEY_MS) throw cause
        lookedForUnknownAtMs = ports.nowMs()
        await refresh().catch((away: unknown) => ports.onWarning('the keys of the identity provider could not be fetched', away))
        return await (await usable()).keyOf(header, token)
      }
    },
    generation: () => generation,
    start () {
      timer ??= setInterval(() => {
        refresh().catch((cause: unknown) => ports.onWarning('the keys of the identity provider could not be fetched; those known are used', cause))
      }, ports.refreshMs).unref()
    },
    close () { clearInterval(timer) },
  }
}

/** A set that holds a shared secret is no set of public keys; whoever published it made a mistake that must not become a way in. */
function publicKeys (set: JSONWebKeySet): JSONWebKeySet {
  const keys: unknown = set.keys
  if (!Array.isArray(keys)) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The identity provider publishes no keys.')
  return { keys: set.keys.filter(({ kty }) => kty === 'RSA' || kty === 'EC' || kty === 'OKP') }
}
