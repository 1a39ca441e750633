import { digestOf } from '../core/canonical-json.ts'
import type { Environment } from '../core/actor.ts'
import type { ReleaseAction } from '../core/subject.ts'

/** The reproducible tar of a release: SHA-256 (hex) and size of its bytes, and how many files and links it holds. */
export interface ArchiveFacts { readonly sha256: string, readonly bytes: number, readonly files: number }

/**
 * What a release is; signed, and never changed. `source` is the commit that it was made of, the tip of `environment`'s branch then;
 * `commit` and `tree` are what it holds, which is the same unless something was withheld: `withheld` counts what no agent may see
 * (secret files, submodules, unsafe names, links that lead out). `revision` is that of the policy that let it be made, `entry` the
 * ledger entry of that decision.
 */
export interface Manifest {
  readonly format: 1
  readonly id: string
  readonly digest: string
  readonly app: string
  readonly environment: Environment
  readonly source: string
  readonly commit: string
  readonly tree: string
  readonly archive: ArchiveFacts
  readonly withheld: number
  readonly revision: string
  readonly madeBy: string
  readonly madeAtMs: number
  readonly entry: number
}

/** `signature` is Ed25519 in base64 over the manifest's canonical JSON; `key` names the public key by its SHA-256. */
export interface SignedManifest { readonly manifest: Manifest, readonly signature: string, readonly key: string }

/** The result of a check that Weir ran itself on exactly what the release holds. `how` is how the command ended. */
export interface CheckResult {
  readonly id: string
  readonly name: string
  readonly passed: boolean
  readonly how: string
  readonly code: number
  readonly by: string
  readonly atMs: number
  readonly entry: number
}

/** An environment that was pointed at a release. `entry` is the ledger entry of the decision, `tip` where its branch was. */
export interface Pointing {
  readonly app: string
  readonly environment: Environment
  readonly id: string
  readonly from: string | null
  readonly action: Extract<ReleaseAction, 'promote' | 'rollback'>
  readonly by: string
  readonly atMs: number
  readonly entry: number
  readonly tip: string | null
}

/** One line of the record. `settled` says of the making or pointing with this entry that refs and ledger have followed. */
export type ReleaseLine =
  | { readonly kind: 'made', readonly release: SignedManifest }
  | { readonly kind: 'checked', readonly check: CheckResult }
  | { readonly kind: 'pointed', readonly pointing: Pointing }
  | { readonly kind: 'settled', readonly entry: number }

export const RELEASE_ID = '^rel_[0-9a-f]{20}$'

/** What names a release's content in full: SHA-256 (hex). */
export function contentDigest ({ app, commit, tree, archive }: Pick<Manifest, 'app' | 'commit' | 'tree' | 'archive'>): string {
  return digestOf({ app, commit, tree, archive: archive.sha256 })
}

/** The short name: the same content has the same one. */
export function releaseId (digest: string): string {
  return `rel_${digest.slice(0, 20)}`
}
