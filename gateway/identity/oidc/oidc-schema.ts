import type { Static } from 'typebox'
import { Type } from '../../core/schema-type.ts'
import { SIGNATURE_ALGORITHMS } from '../signature-schemes.ts'

const closed = { additionalProperties: false }
const DURATION = '^[0-9]{1,6}(ms|s|m|h)$'
const word = (description: string) => Type.String({ minLength: 1, maxLength: 256, description })
const duration = (description: string) => Type.Optional(Type.String({ pattern: DURATION, description }))

/** The `oidc` part of weir.yaml. */
export const OidcSchema = Type.Object({
  issuer: Type.String({ pattern: '^https?://', maxLength: 1024, description: 'The identity provider, exactly as it names itself; https, unless it is on this machine.' }),
  clientId: word('The client that Weir is there.'),
  clientSecret: Type.Optional(Type.Literal('env:WEIR_OIDC_CLIENT_SECRET', { description: 'The client\'s secret, for the login in a browser. Default: none, a public client with PKCE.' })),
  audience: Type.Optional(word('What a token must be for that is presented as it is, without an exchange. Default: clientId.')),
  scopes: Type.Optional(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+( [\\x21\\x23-\\x5B\\x5D-\\x7E]+)*$', maxLength: 1024, description: 'Scopes asked for at a login. Default: openid profile email offline_access.' })),
  claims: Type.Optional(Type.Object({
    subject: Type.Optional(word('Claim that is the actor\'s id. Take email only with a requiredClaims of email_verified: true. Default: sub.')),
    groups: Type.Optional(word('Claim with the groups; a claim inside another one as outer.inner. Default: groups.')),
    org: Type.Optional(word('Claim with the organisation. Default: none, org is taken.')),
  }, closed)),
  org: Type.Optional(word('Organisation of actors whose token names none. Default: sso.')),
  requiredClaims: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), { maxProperties: 16, description: 'Claims that a token must have with exactly this value, or with this value among theirs. Default: none.' })),
  algorithms: Type.Optional(Type.Array(Type.Enum([...SIGNATURE_ALGORITHMS]), { minItems: 1, description: 'Signatures that are taken. Default: RS256, PS256, ES256, EdDSA.' })),
  clockSkew: duration('How far the provider\'s clock may be off, at most 5m. Default: 30s.'),
  keyRefresh: duration('How often its keys are fetched anew; an unknown key is looked for at once. 1m to 24h. Default: 10m.'),
  keyGrace: duration('How long its keys are used while it cannot be reached, at most 7 days (168h). Default: 24h.'),
  tokenTtl: duration('Life of the tokens that Weir gives after a login, 1m to 24h. Default: 1h.'),
}, { ...closed, description: 'Single sign-on by an OpenID Connect provider (docs/single-sign-on.md). Default: embedded tokens only.' })

export type OidcFile = Static<typeof OidcSchema>
