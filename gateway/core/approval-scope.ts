/** How far a second person's yes reaches: one call, the same call again in its session, or the same call until a time. */
export const APPROVAL_SCOPES = ['once', 'session', 'until'] as const
export type ApprovalScope = typeof APPROVAL_SCOPES[number]

/**
 * What the files that a call names are like, as two digests: of all of them, and of those that it only reads. Equal digests mean that nobody
 * changed a file in between.
 */
export interface CallBase { readonly all: string, readonly reads: string }
