import { sha256 } from '../../core/canonical-json.ts'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import { unpackBundle } from './archive.ts'
import { openBundle, type Bundle } from './bundle.ts'
import type { BundleClient, Fetched } from './client.ts'
import { pollBundles } from './poll.ts'
import { SignedAhead, verifyBundle, type BundleTrust } from './signature.ts'
import type { BundleStore } from './store.ts'
import type { Candidate, PolicySource } from '../policy-source.ts'

export interface BundleSourceOptions {
  readonly client: BundleClient
  readonly store: BundleStore
  /** Null takes unsigned bundles: an operator has to say so. */
  readonly trust: BundleTrust | null
  readonly poll: { readonly minMs: number, readonly maxMs: number, readonly longPollSeconds: number }
  /** Lets the first bundle from the server be older than the kept one. Those after it must not be older than it. */
  readonly allowOlder: boolean
  readonly nowMs: () => number
  readonly onWarning: (message: string, cause: unknown) => void
}

/** How it stands with the server, for metrics. Times are Unix milliseconds and seconds; null is never. */
export interface BundleSourceStatus {
  readonly fetched: Readonly<Record<'new' | 'same' | 'failed', number>>
  readonly lastContactMs: number | null
  readonly signedAt: number | null
}

export interface BundleSource extends PolicySource { status (): BundleSourceStatus }

interface Known { readonly bundle: Bundle, readonly digest: string, readonly etag: string | null, readonly signedAt: number | null }

/** Policy from a bundle server: signed, in order, and kept for a start without the server. */
export function bundleSource (options: BundleSourceOptions): BundleSource {
  const { client, store, nowMs, onWarning } = options
  const fetched = { new: 0, same: 0, failed: 0 }
  let lastContactMs: number | null = null
  let taken: Known | null = null
  /** What the server has and may not be used: it is not fetched again, nor reported again. */
  let refused: { readonly etag: string | null, readonly digest: string, readonly error: GatewayError, readonly untilMs: number } | null = null
  let waiting: Extract<Fetched, { status: 'new' }> | null = null
  /** Nothing signed before this is taken; null when the bundle in force has no time. */
  let earliest: number | null = null
  let mayBeOlder = options.allowOlder

  async function fetch (waitSeconds: number, signal?: AbortSignal): Promise<Fetched> {
    // A clock that was behind is right again: nobody should have to sign anew, or to start the gateway again.
    if (refused !== null && nowMs() >= refused.untilMs) refused = null
    try {
      const etag = refused === null ? taken?.etag ?? null : refused.etag
      const answer = await client.fetch({ etag, waitSeconds, ...(signal === undefined ? {} : { signal }) })
      fetched[answer.status] += 1
      lastContactMs = nowMs()
      return answer
    } catch (error) {
      fetched.failed += 1
      throw error
    }
  }

  async function open (archive: Uint8Array, etag: string | null, cached: boolean): Promise<Known> {
    const files = unpackBundle(archive)
    const { signedAt } = options.trust === null ? { signedAt: null } : verifyBundle(files, options.trust, nowMs())
    return { bundle: await openBundle(archive, cached, files), digest: sha256(archive), etag, signedAt }
  }

  async function take (answer: Extract<Fetched, { status: 'new' }>): Promise<Candidate> {
    const digest = sha256(answer.archive)
    if (taken?.digest === digest) return unchanged(taken)
    const refuse = (error: GatewayError): void => { refused = { etag: answer.etag, digest, error, untilMs: error instanceof SignedAhead ? error.fromMs : Infinity } }
    try {
      const known = await open(answer.archive, answer.etag, false)
      if (!mayBeOlder) demandOrder(known.signedAt, earliest)
      return { bundle: known.bundle, refused: refuse, taken: () => keep(known) }
    } catch (thrown) {
      refuse(asGatewayError(thrown))
      throw thrown
    }
  }

  async function keep (known: Known): Promise<void> {
    taken = known
    refused = null
    mayBeOlder = false
    earliest = known.signedAt
    await store.write({ archive: known.bundle.archive, etag: known.etag, signedAt: known.signedAt })
      .catch((cause: unknown) => onWarning('the policy bundle could not be kept for a start without its server', cause))
  }

  function unchanged (known: Known): Candidate {
    refused = null
    mayBeOlder = false
    return { bundle: known.bundle, refused: () => {}, taken: async () => {} }
  }

  return {
    async last () {
      const stored = await store.read()
      if (stored === null) return null
      earliest = stored.signedAt
      const known = await open(stored.archive, stored.etag, true)
      // The signature is the better witness: the state file may be of the bundle before.
      earliest = known.signedAt ?? stored.signedAt
      return { bundle: known.bundle, refused: () => {}, taken: async () => { taken = known } }
    },
    async load () {
      const answer = waiting ?? await fetch(0)
      waiting = null
      if (answer.status === 'new') return await take(answer)
      if (refused !== null) throw refused.error
      if (taken === null) throw new GatewayError('WEIR_ERR_POLICY_FETCH', 'The bundle server says that nothing changed, to a gateway that has nothing.')
      return unchanged(taken)
    },
    watch (onChange) {
      const stop = pollBundles({
        ...options.poll,
        async ask (waitSeconds, signal) {
          const startedMs = nowMs()
          const answer = await fetch(waitSeconds, signal).catch((error: unknown) => {
            if (!signal.aborted) onWarning('the policy bundle could not be fetched; the one in force stays', error)
            throw error
          })
          if (answer.status === 'same' || !isNews(answer)) return answer.longPolls && wasHeld(waitSeconds, nowMs() - startedMs)
          waiting = answer
          await onChange()
          return answer.longPolls
        },
      })
      return () => {
        stop()
        void client.close()
      }
    },
    status: () => ({ fetched: { ...fetched }, lastContactMs, signedAt: taken?.signedAt ?? null }),
  }

  function isNews (answer: Extract<Fetched, { status: 'new' }>): boolean {
    const digest = sha256(answer.archive)
    return digest !== refused?.digest && (digest !== taken?.digest || refused !== null)
  }
}

// A server that answers at once that nothing changed does not hold requests, whatever it says: it gets the usual pauses.
function wasHeld (waitSeconds: number, tookMs: number): boolean {
  return waitSeconds > 0 && tookMs >= waitSeconds * 500
}

function demandOrder (signedAt: number | null, earliest: number | null): void {
  if (earliest === null) return
  if (signedAt === null) throw new GatewayError('WEIR_ERR_POLICY_OLDER', 'The policy bundle does not say when it was signed, and the one in force does: sign it with "weir policy sign".')
  if (signedAt < earliest) throw new GatewayError('WEIR_ERR_POLICY_OLDER', 'The policy bundle was signed before the one in force. To go back on purpose, sign the old one again, or start once with --allow-older-policy.')
}
