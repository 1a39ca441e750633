/** What kind of thing must not leave: a credential, or data about people. */
export const FINDING_KINDS = ['secret', 'private'] as const
export type FindingKind = typeof FINDING_KINDS[number]

/** What was found in an outgoing request, and how often. `rule` names what looks like it, such as `github`; nothing here says what it is. */
export interface Finding { readonly rule: string, readonly kind: FindingKind, readonly count: number }

/** Private data that can be recognised without being told how: by a form, and all but addresses by check digits. */
export const PRIVATE_RULES = ['email', 'iban', 'card', 'br-cpf', 'de-tax-id', 'es-dni', 'fr-nir', 'it-fiscal-code', 'pl-pesel'] as const
export type PrivateRuleName = typeof PRIVATE_RULES[number]
