import type { KeyObject } from 'node:crypto'
import { GatewayError } from '../../core/errors.ts'
import type { SignatureAlgorithm } from '../signature-schemes.ts'
import { readPublicKeys, type PublicKeys } from './public-keys.ts'

const UNKNOWN_KEY_MS = 10_000 // anybody can send tokens with made-up key ids
const RETRY_MS = 2_000

export interface KeySetPorts {
  /** The JSON Web Key Set as it is published. @throws GatewayError WEIR_ERR_UPSTREAM */
  readonly load: () => Promise<unknown>
  readonly nowMs: () => number
  readonly refreshMs: number
  readonly graceMs: number
  readonly onWarning: (message: string, cause: unknown) => void
}

/** The keys that a provider signs with, kept up to date. */
export interface KeySet {
  /** The key for tokens of this algorithm and key id. @throws GatewayError WEIR_ERR_AUTH_INVALID; WEIR_ERR_UPSTREAM when there are no keys that may still be used */
  key (alg: SignatureAlgorithm, kid: unknown): Promise<KeyObject>
  /** Another number whenever the keys are others: what was verified by a key that is gone must be verified again. */
  generation (): number
  /** Fetches the keys every `refreshMs` until `close`. */
  start (): void
  close (): void
}

export function createKeySet (ports: KeySetPorts): KeySet {
  let loaded: PublicKeys | null = null
  let loadedAtMs = -Infinity
  let triedAtMs = -Infinity
  let lookedForUnknownAtMs = -Infinity
  let loading: Promise<void> | null = null
  let generation = 0
  let timer: NodeJS.Timeout | undefined

  async function fetchKeys (): Promise<void> {
    triedAtMs = ports.nowMs()
    const published = readPublicKeys(await ports.load())
    loadedAtMs = ports.nowMs()
    if (loaded?.text === published.text) return
    loaded = published
    generation += 1
  }
  // Concurrent requests share one fetch.
  function refresh (): Promise<void> {
    loading ??= fetchKeys().finally(() => { loading = null })
    return loading
  }
  async function usable (): Promise<PublicKeys> {
    const isUsable = (): boolean => loaded !== null && ports.nowMs() - loadedAtMs <= ports.refreshMs + ports.graceMs
    if (!isUsable() && (loading !== null || ports.nowMs() - triedAtMs >= RETRY_MS)) await refresh()
    if (loaded === null || !isUsable()) throw new GatewayError('WEIR_ERR_UPSTREAM', 'The keys of the identity provider could not be fetched.')
    return loaded
  }

  return {
    async key (alg, kid) {
      const known = (await usable()).find(alg, kid)
      if (known !== null) return known
      if (ports.nowMs() - lookedForUnknownAtMs >= UNKNOWN_KEY_MS) {
        lookedForUnknownAtMs = ports.nowMs()
        await refresh().catch((away: unknown) => ports.onWarning('the keys of the identity provider could not be fetched', away))
      }
      const found = (await usable()).find(alg, kid)
      if (found === null) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
      return found
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
