import type { ProviderConfig, RetriesConfig } from '../../config.ts'
import type { RequestHold } from '../../meter/request-holds.ts'
import type { ProviderKey } from '../../vault/vault.ts'
import { refusesKey } from './key-rests.ts'
import { backoffMs, isClosedConnection, isEndpointFailure, isSafeToRetry, retryAfterMs, type AttemptFailure } from './retry-rules.ts'
import { chooseEndpoint, rankKeys, type Endpoint, type UpstreamChoice } from './upstream-choice.ts'

/** Where an attempt goes, and as whom. */
export interface Attempt { readonly endpoint: Endpoint, readonly key: ProviderKey | null }

/** An attempt as the ledger keeps it: which endpoint (its place in the configuration), which key, and what came of it. */
export interface AttemptRecord { readonly endpoint: string, readonly keyId: string | null, readonly status: number | null, readonly code: string | null }

/** The attempts of one request, one after the other. */
export interface Attempts {
  current (): Attempt
  /** The provider answered, and the answer is passed on. */
  answered (status: number): void
  /** The current attempt failed. @returns how long to wait, ms, before the next one, which is then current; null when it was the last */
  failed (failure: AttemptFailure): number | null
  /** The current attempt ended without a sign of how the provider is: the client left. */
  abandoned (): void
  /** The attempts that failed, in order; the last of them was the last of all unless the provider answered after it. */
  failures (): readonly AttemptRecord[]
}

export interface AttemptsOptions {
  readonly choice: UpstreamChoice
  readonly provider: string
  readonly config: ProviderConfig
  /** Empty for a provider without keys. */
  readonly keys: readonly ProviderKey[]
  /** The one to begin with; null for a provider without keys. */
  readonly firstKey: ProviderKey | null
  /** What says whether another key has room, and is told of it; null when no budget asks. */
  readonly hold: Pick<RequestHold, 'hasRoom' | 'useKey'> | null
  /** What stays with one endpoint and key while they are well; null for nothing. */
  readonly affinity: string | null
  /** When the client began to wait, Unix ms, if another provider was asked before. Default: now. */
  readonly startedMs?: number | undefined
}

export const DEFAULT_RETRIES: RetriesConfig = Object.freeze({ attempts: 3, deadlineMs: 30_000, maxWaitMs: 5_000 })

const NONE: ReadonlySet<string> = new Set()
const NO_RECORDS: readonly AttemptRecord[] = Object.freeze([])

/** Chooses for the first attempt; for the next ones only when there is a reason. @returns null when the provider has no endpoint */
export function createAttempts ({ choice, provider, config, keys, firstKey, hold, affinity, startedMs = choice.nowMs() }: AttemptsOptions): Attempts | null {
  const { rests, nowMs } = choice
  const endpoints = choice.endpointsOf(provider, config)
  const firstEndpoint = chooseEndpoint(endpoints, affinity, NONE)
  if (firstEndpoint === null) return null
  const first: Attempt = { endpoint: firstEndpoint, key: firstKey }
  const beganWell = !first.endpoint.breaker.isOut()
  let current = first
  let failures: readonly AttemptRecord[] = NO_RECORDS
  let badEndpoints = NONE
  let badKeys = NONE

  function next (failed: ReadonlySet<string>, refused: ReadonlySet<string>): Attempt | null {
    const endpoint = chooseEndpoint(endpoints, affinity, failed)
    return endpoint === null ? null : { endpoint, key: rankKeys(keys, affinity, { rests, refused }).find(hasRoom) ?? null }
  }
  function hasRoom ({ id }: ProviderKey): boolean {
    return hold === null || id === current.key?.id || hold.hasRoom(id)
  }
  function learn (failure: AttemptFailure): void {
    const { endpoint, key } = current
    failures = [...failures, { endpoint: endpoint.id, keyId: key?.id ?? null, status: failure.status, code: failure.code }]
    if (isEndpointFailure(failure)) endpoint.breaker.failed()
    else endpoint.breaker.succeeded()
    if (isOfEndpoint(failure)) badEndpoints = new Set([...badEndpoints, endpoint.id])
    if (key === null || failure.status === null || !refusesKey(failure.status)) return
    rests.refused(key.id, failure.status, retryAfterMs(failure.retryAfter, nowMs()))
    badKeys = new Set([...badKeys, key.id])
  }
  // Where there is no key, too many requests are too many for the endpoint.
  function isOfEndpoint (failure: AttemptFailure): boolean {
    return isEndpointFailure(failure) || current.key === null
  }
  function nextAfter (failure: AttemptFailure): { readonly attempt: Attempt, readonly waitMs: number } | null {
    const limits = config.retries ?? DEFAULT_RETRIES
    if (failures.length >= limits.attempts || !mayRetry(failure)) return null
    const attempt = next(badEndpoints, badKeys)
    if (attempt === null) return null
    const waitMs = waitFor(failure, attempt)
    if (waitMs <= limits.maxWaitMs && nowMs() + waitMs - startedMs <= limits.deadlineMs) return { attempt, waitMs }
    attempt.endpoint.breaker.abandoned()
    return null
  }
  // A provider that is out as a whole gets what clients send, and nothing on top of it.
  function mayRetry (failure: AttemptFailure): boolean {
    if (failure.status === 401 || failure.status === 403) return keys.some((key) => !badKeys.has(key.id) && !rests.isResting(key.id) && hasRoom(key))
    return isSafeToRetry(failure) && (wasCut(failure) || !(isEndpointFailure(failure) && endpoints.every(({ breaker }) => breaker.isOut())))
  }
  // A provider closes connections that were idle, many at a time. The requests that are just then on them fail in a row, which looks like a
  // provider that is out; each of them goes once more, on a connection of its own.
  function wasCut (failure: AttemptFailure): boolean {
    return beganWell && failures.length === 1 && isClosedConnection(failure)
  }
  function waitFor (failure: AttemptFailure, attempt: Attempt): number {
    const isOther = isOfEndpoint(failure) ? !badEndpoints.has(attempt.endpoint.id) : attempt.key?.id !== current.key?.id
    if (isOther) return 0
    return Math.max(backoffMs(failures.length), retryAfterMs(failure.retryAfter, nowMs()) ?? 0)
  }

  return {
    current: () => current,
    answered (status) {
      current.endpoint.breaker.succeeded()
      if (current.key !== null && status === 200) rests.answered(current.key.id)
    },
    failed (failure) {
      learn(failure)
      const planned = nextAfter(failure)
      if (planned === null) return null
      current = planned.attempt
      if (current.key !== null) hold?.useKey(current.key.id)
      return planned.waitMs
    },
    abandoned () {
      current.endpoint.breaker.abandoned()
    },
    failures: () => failures,
  }
}
