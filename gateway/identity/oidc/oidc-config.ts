/** Signatures that are taken. None that is made with a shared secret, and never `none`: whoever knows the public key could make one. */
export const ID_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
export type IdAlgorithm = typeof ID_ALGORITHMS[number]

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
  readonly algorithms: readonly IdAlgorithm[]
  readonly clockSkewMs: number
  /** How often its keys are fetched anew, ms. */
  readonly keyRefreshMs: number
  /** How long they are used while it is away, ms. */
  readonly keyGraceMs: number
  /** Life of the Weir tokens that its tokens are exchanged for, ms. */
  readonly tokenTtlMs: number
}
