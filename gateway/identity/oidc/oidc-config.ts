import type { SignatureAlgorithm } from '../signature-schemes.ts'

/** An OpenID Connect provider, complete with defaults. */
export interface OidcConfig {
  readonly issuer: string
  readonly clientId: string
  /** Of the code flow; null for a public client. */
  readonly clientSecret: string | null
  /** What tokens presented as they are must be for. */
  readonly audience: string
  readonly scopes: string
  readonly claims: { readonly subject: string, readonly groups: string, readonly org: string | null }
  /** Organisation of those whose token names none. */
  readonly org: string
  readonly requiredClaims: Readonly<Record<string, string | number | boolean>>
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly clockSkewMs: number
  /** How often its keys are fetched anew, ms. */
  readonly keyRefreshMs: number
  /** How long they are used while it is away, ms. */
  readonly keyGraceMs: number
  /** Life of the Weir tokens that its tokens are exchanged for, ms. */
  readonly tokenTtlMs: number
}
