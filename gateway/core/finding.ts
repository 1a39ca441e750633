/** What kind of thing must not leave: a credential. */
export const FINDING_KINDS = ['secret'] as const
export type FindingKind = typeof FINDING_KINDS[number]

/** What was found in an outgoing request, and how often. `rule` names what looks like it, such as `github`; nothing here says what it is. */
export interface Finding { readonly rule: string, readonly kind: FindingKind, readonly count: number }
