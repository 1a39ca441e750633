declare const permitted: unique symbol

/**
 * Proof that an effect was allowed and that the allow is durable in the ledger. Only `govern` makes one; a hand-written
 * object does not compile. `entry` is the ledger index of the decision, `digest` what exactly was allowed.
 */
export interface Permit {
  readonly [permitted]: true
  readonly entry: number
  readonly digest: string | null
}

const issued = new WeakSet<object>()

/** For `govern` alone (a lint rule keeps others from importing it). */
export function issuePermit (entry: number, digest: string | null): Permit {
  const permit = Object.freeze({ entry, digest })
  issued.add(permit)
  // The brand exists only in the type system; the WeakSet is its run-time twin.
  return permit as unknown as Permit
}

/** Whether `govern` made this permit in this process: the run-time check for edges that handle untyped values. */
export function isIssued (permit: Permit): boolean {
  return issued.has(permit)
}
