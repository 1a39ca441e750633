import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { asGatewayError, GatewayError } from '../../core/errors.ts'
import { jsonMember, MEMBERS, type BundleFiles } from './archive.ts'
import { bundleHash } from './hash.ts'
import type { SigningAlgorithm } from './signing-key.ts'

/** Whose signatures are believed. All of it comes from the configuration, nothing from a bundle. */
export interface BundleTrust {
  readonly key: KeyObject
  readonly algorithm: SigningAlgorithm
  /** When given, the signature must name this key. */
  readonly keyId: string | null
  /** The signature must be for exactly this; `null` is for none. */
  readonly scope: string | null
}

/** A signature that holds. `signedAt` is Unix seconds, or null when the signer did not say: such bundles have no order. */
export interface Verified { readonly signedAt: number | null }

/** A signature of a time that is still to come: the clock here or that of who signed is wrong, and time heals it. */
export class SignedAhead extends GatewayError {
  /** Unix milliseconds from which on the bundle may be tried again. */
  readonly fromMs: number

  constructor (signedAt: number) {
    super('WEIR_ERR_POLICY_SIGNATURE', 'The policy bundle is refused: it says that it was signed in the future. See whether the clock of this machine is behind.')
    this.fromMs = (signedAt - MAX_CLOCK_SKEW_S) * 1_000
  }
}

export interface SignOptions {
  readonly key: KeyObject
  readonly algorithm: SigningAlgorithm
  readonly keyId?: string | undefined
  readonly scope?: string | undefined
  /** Unix seconds. */
  readonly signedAt: number
  /** Unix seconds after which no gateway takes the bundle. */
  readonly expiresAt?: number | undefined
}

const MAX_CLOCK_SKEW_S = 300 // a time further ahead would refuse every bundle signed until then as older
const HASH = 'SHA-256'

/**
 * The same files with a signature over all of them, in place of any that was there: `.signatures.json` as OPA has it.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD for data in YAML, WEIR_ERR_DECODE_MALFORMED for JSON that readers read differently
 */
export function signBundle (files: BundleFiles, options: SignOptions): BundleFiles {
  const covered = coveredNames(files)
  // OPA hashes YAML as the JSON it stands for, and YAML readers disagree about that.
  if (covered.some((name) => /\.ya?ml$/.test(name))) throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The bundle holds YAML. Build it with "opa build" or "weir policy build", which write JSON.')
  const payload = {
    files: covered.map((name) => ({ name, hash: bundleHash(name, files.get(name) ?? new Uint8Array()), algorithm: HASH })),
    ...(options.keyId === undefined ? {} : { keyid: options.keyId }),
    ...(options.scope === undefined ? {} : { scope: options.scope }),
    ...(options.expiresAt === undefined ? {} : { exp: options.expiresAt }),
    iat: options.signedAt,
  }
  const token = jwt.sign(payload, options.key, { algorithm: options.algorithm })
  return new Map([...files, [MEMBERS.signatures, Buffer.from(JSON.stringify({ signatures: [token] }))]])
}

/**
 * Demands that the bundle is signed as configured: this key, algorithm and scope, not expired, and every file covered by its
 * own hash, none more and none less.
 *
 * @throws GatewayError WEIR_ERR_POLICY_SIGNATURE saying what does not hold; SignedAhead when that is the time alone
 */
export function verifyBundle (files: BundleFiles, trust: BundleTrust, nowMs: number): Verified {
  const now = Math.floor(nowMs / 1_000)
  const claims = claimsOf(tokenOf(files), trust, now)
  if (trust.keyId !== null && claims['keyid'] !== trust.keyId) throw refused('it is signed by another key than the configured one')
  const scope = claims['scope'] === undefined || claims['scope'] === '' ? null : claims['scope']
  if (scope !== trust.scope) throw refused('it is signed for another scope')
  demandHashes(files, claims['files'])
  const signedAt = claims['iat'] ?? null
  if (signedAt === null) return { signedAt }
  if (typeof signedAt !== 'number' || !Number.isSafeInteger(signedAt) || signedAt < 0) throw refused('its time of signing is no time')
  if (signedAt > now + MAX_CLOCK_SKEW_S) throw new SignedAhead(signedAt)
  return { signedAt }
}

function tokenOf (files: BundleFiles): string {
  if (!files.has(MEMBERS.signatures)) throw refused('it is not signed')
  const { signatures } = jsonMember(files, MEMBERS.signatures)
  // OPA writes exactly one, and takes no more.
  if (!Array.isArray(signatures) || signatures.length !== 1 || typeof signatures[0] !== 'string') throw refused(`${MEMBERS.signatures} does not hold one signature`)
  return signatures[0]
}

function claimsOf (token: string, trust: BundleTrust, now: number): Readonly<Record<string, unknown>> {
  try {
    // The algorithm is the configured one: a token that chooses its own could choose "none".
    const claims = jwt.verify(token, trust.key, { algorithms: [trust.algorithm], clockTimestamp: now })
    if (typeof claims === 'object') return claims
  } catch (cause) {
    if (cause instanceof jwt.TokenExpiredError) throw refused('its signature has expired', cause)
    throw refused('its signature is not by the configured key and algorithm', cause)
  }
  throw refused('its signature covers no files')
}

function demandHashes (files: BundleFiles, listed: unknown): void {
  if (!Array.isArray(listed)) throw refused('its signature covers no files')
  const left = new Set(coveredNames(files))
  for (const entry of listed as readonly unknown[]) {
    const { name, hash, algorithm } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>
    if (typeof name !== 'string' || typeof hash !== 'string' || algorithm !== HASH) throw refused(`its signature covers files by other means than ${HASH}`)
    const plain = name.replace(/^\/+/, '')
    if (!left.delete(plain)) throw refused('its signature covers a file that is not there, or covers one twice')
    if (hashOf(plain, files) !== hash.toLowerCase()) throw refused('a file is not the one that was signed')
  }
  if (left.size > 0) throw refused('it holds a file that its signature does not cover')
}

function hashOf (name: string, files: BundleFiles): string {
  try {
    return bundleHash(name, files.get(name) ?? new Uint8Array())
  } catch (cause) {
    throw refused(`a file in it is refused: ${asGatewayError(cause).message}`, cause)
  }
}

function coveredNames (files: BundleFiles): readonly string[] {
  return [...files.keys()].filter((name) => name !== MEMBERS.signatures).sort()
}

function refused (what: string, cause?: unknown): GatewayError {
  return new GatewayError('WEIR_ERR_POLICY_SIGNATURE', `The policy bundle is refused: ${what}.`, cause === undefined ? {} : { cause })
}
